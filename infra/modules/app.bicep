param appName string
param location string
param hostAccountName string
param deploymentContainerUrl string
param cosmosEndpoint string
param cosmosDatabase string
param serviceBusNamespace string
param reportsAccountUrl string
// The client id of the app registration, as tokens of version 2 carry it.
param tokenAudience string

@secure()
param signingKey string
param publicBaseUrl string
param schedules object
param mailFrom string
param acsEndpoint string
param webClientUrl string
param scanner string
param reportRetentionDays int
param reportImmutability bool

var issuerOfTenant = '${environment().authentication.loginEndpoint}${tenant().tenantId}'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${appName}-log'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${appName}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${appName}-plan'
  location: location
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'SystemAssignedIdentity'
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
      }
      runtime: {
        name: 'node'
        version: '24'
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__accountName: hostAccountName
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    // Without it an entry point that throws shows as an app with no functions.
    FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR: 'true'
    // Memory of long reports, see bench/report-memory.ts: the engine clears away sooner what is new and rubbish already.
    languageWorkers__node__arguments: '--max-semi-space-size=16 --max-old-space-size=512'
    MALLOC_ARENA_MAX: '1'
    COSMOS_ENDPOINT: cosmosEndpoint
    COSMOS_DATABASE: cosmosDatabase
    SERVICEBUS__fullyQualifiedNamespace: serviceBusNamespace
    BLOB_ACCOUNT_URL: reportsAccountUrl
    TOKEN_ISSUER: '${issuerOfTenant}/v2.0'
    TOKEN_AUDIENCE: tokenAudience
    TOKEN_JWKS_URL: '${issuerOfTenant}/discovery/v2.0/keys'
    SIGNING_KEY: signingKey
    CPOD_SCHEDULE: schedules.cpod
    VERIFY_SCHEDULE: schedules.verify
    SETTLE_SCHEDULE: schedules.settle
    MESSAGE_SCHEDULE: schedules.message
    FOLLOW_UP_SCHEDULE: schedules.followUp
    NOTICE_SCHEDULE: schedules.notice
    TARGET_SCHEDULE: schedules.target
    ATTACHMENT_SCHEDULE: schedules.attachment
    SUBSCRIPTION_SCHEDULE: schedules.subscription
    SCANNER: scanner
    UPLOAD_LINK_MINUTES: '60'
    REPORT_LINK_MINUTES: '10080'
    REPORT_RETENTION_DAYS: string(reportRetentionDays)
    // string(true) would be 'True'.
    REPORT_IMMUTABLE: reportImmutability ? 'true' : 'false'
    MAIL_FROM: mailFrom
    ACS_ENDPOINT: acsEndpoint
    WEB_CLIENT_URL: webClientUrl
    ACCESS_CACHE_SECONDS: '15'
    WEBHOOK_ALLOW_LOOPBACK: 'false'
    PUBLIC_BASE_URL: publicBaseUrl
    VALIDATE_RESPONSES: 'false'
  }
}

output appName string = app.name
output principalId string = app.identity.principalId
