param accountName string
param location string
param databaseName string
param containers array

@description('Request units per second at most; 0: serverless.')
param throughputMax int

var isServerless = throughputMax == 0

// Session consistency is enough: every replace is conditional on the ETag, so that a stale read is found at the write.
resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: accountName
  location: location
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      {
        locationName: location
        failoverPriority: 0
      }
    ]
    capabilities: isServerless ? [{ name: 'EnableServerless' }] : []
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous30Days'
      }
    }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
    options: isServerless
      ? {}
      : {
          autoscaleSettings: {
            maxThroughput: throughputMax
          }
        }
  }
}

var everyPath = {
  indexingMode: 'consistent'
  automatic: true
  includedPaths: [{ path: '/*' }]
  excludedPaths: [{ path: '/"_etag"/?' }]
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for definition in containers: {
    parent: database
    name: definition.id
    properties: {
      resource: {
        id: definition.id
        partitionKey: {
          paths: [definition.partitionKey]
          kind: 'Hash'
          version: 2
        }
        indexingPolicy: definition.?indexingPolicy ?? everyPath
        defaultTtl: definition.?defaultTtl
      }
    }
  }
]

output accountName string = account.name
output endpoint string = account.properties.documentEndpoint
