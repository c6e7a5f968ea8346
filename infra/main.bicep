// Everything that the app needs in one resource group. Containers, queues and blob containers come from resources.json,
// which the local stack reads too, so that the two cannot differ. The app signs in with its own identity everywhere:
// there is no key of a service in its settings.

targetScope = 'resourceGroup'

@description('Start of every name: lower case letters and digits.')
@minLength(3)
@maxLength(11)
param name string

param location string = resourceGroup().location

@description('The `aud` of access tokens: the client id, a GUID, of the app registration. Tokens of version 2 never carry the App ID URI.')
@minLength(36)
@maxLength(36)
param tokenAudience string

@description('At least 32 random bytes in base64. Whoever has it can make cursors, receipts and links. Changing it ends them all.')
@secure()
param signingKey string

@description('What the database may use at most, in request units per second, shared by its containers. 0: serverless.')
param cosmosThroughputMax int = 0

@description('Part of an address that is unique in the whole cloud.')
param appName string = '${name}-app-${uniqueString(resourceGroup().id)}'

@description('Where clients reach the app. Another address than the default needs a domain of your own.')
param publicBaseUrl string = 'https://${appName}.azurewebsites.net'

@description('NCRONTAB schedules of six fields, UTC.')
param schedules object = {
  cpod: '0 0 * * * *'
  verify: '0 0 3 * * *'
  settle: '0 */5 * * * *'
  message: '0 * * * * *'
  followUp: '30 * * * * *'
  notice: '20 * * * * *'
  target: '40 * * * * *'
  attachment: '50 * * * * *'
  subscription: '0 */5 * * * *'
}

@description('Address that messages come from, of a domain linked to the mail service. Empty: one of a domain that the cloud provides.')
param mailFrom string = ''

@description('Base of the links in messages, where people use a web client. Empty: messages say in words what to do.')
param webClientUrl string = ''

@description('What looks for malware in attachments: none, clamd:tcp://host:port or clamd:unix:/path. Without a scanner they can be downloaded unscanned, and are marked so.')
param scanner string

@description('Where the mail service keeps its data.')
param mailDataLocation string = 'Europe'

@description('Days after which a report moves to a cheaper tier that costs more to read.')
param coolReportsAfterDays int = 90

@description('Days that files of reports are kept: the account deletes them then, and the app says that they are gone. 2557: seven years.')
@minValue(31)
@maxValue(36500)
param reportRetentionDays int = 2557

@description('Whether nobody may change or delete files of issued reports for as long as they are kept. The container of reports has to be made with it, and keeps it.')
param reportImmutability bool = false

var resources = loadJsonContent('resources.json')
var suffix = uniqueString(resourceGroup().id)

module cosmos 'modules/cosmos.bicep' = {
  params: {
    accountName: '${name}-${suffix}'
    location: location
    databaseName: resources.cosmos.database
    containers: resources.cosmos.containers
    throughputMax: cosmosThroughputMax
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  params: {
    namespaceName: '${name}-${suffix}'
    location: location
    queues: resources.serviceBus.queues
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    reportsAccountName: take('${name}${suffix}', 24)
    hostAccountName: take('${name}h${suffix}', 24)
    location: location
    containers: resources.blob.containers
    uploadOrigins: empty(webClientUrl) ? [] : ['${split(webClientUrl, '/')[0]}//${split(webClientUrl, '/')[2]}']
    coolAfterDays: coolReportsAfterDays
    reportRetentionDays: reportRetentionDays
    reportImmutability: reportImmutability
  }
}

module mail 'modules/mail.bicep' = {
  params: {
    serviceName: '${name}-${suffix}'
    dataLocation: mailDataLocation
  }
}

module app 'modules/app.bicep' = {
  params: {
    appName: appName
    location: location
    hostAccountName: storage.outputs.hostAccountName
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    cosmosEndpoint: cosmos.outputs.endpoint
    cosmosDatabase: resources.cosmos.database
    serviceBusNamespace: serviceBus.outputs.fullyQualifiedNamespace
    reportsAccountUrl: storage.outputs.reportsAccountUrl
    tokenAudience: tokenAudience
    signingKey: signingKey
    publicBaseUrl: publicBaseUrl
    schedules: schedules
    mailFrom: empty(mailFrom) ? mail.outputs.defaultFrom : mailFrom
    acsEndpoint: mail.outputs.endpoint
    webClientUrl: webClientUrl
    scanner: scanner
    reportRetentionDays: reportRetentionDays
    reportImmutability: reportImmutability
  }
}

module roles 'modules/roles.bicep' = {
  params: {
    principalId: app.outputs.principalId
    cosmosAccountName: cosmos.outputs.accountName
    serviceBusNamespaceName: serviceBus.outputs.namespaceName
    reportsAccountName: storage.outputs.reportsAccountName
    hostAccountName: storage.outputs.hostAccountName
    mailServiceName: mail.outputs.serviceName
    reportImmutability: reportImmutability
  }
}

output appName string = app.outputs.appName
output appUrl string = publicBaseUrl
