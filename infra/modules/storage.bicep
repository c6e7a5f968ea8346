// Two accounts: the host's is the app's to do with as it likes, and what customers were given is not.

param reportsAccountName string
param hostAccountName string
param location string
param containers array
// Where a browser may be when it writes to an upload link.
param uploadOrigins array
param coolAfterDays int
param reportRetentionDays int
param reportImmutability bool

// With the slash, as the life cycle names what is in a container.
var reportsPrefix = 'reports/'
var deploymentContainerName = 'deployment'

var closed = {
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  allowBlobPublicAccess: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
}

resource reportsAccount 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: reportsAccountName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: closed
}

// A file is written once and never again; versions and the time in which a deletion can be undone guard against
// mistakes. Policies of immutability of single files need versions too.
resource reportsBlobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: reportsAccount
  name: 'default'
  properties: {
    isVersioningEnabled: true
    cors: {
      corsRules: [
        for origin in uploadOrigins: {
          allowedOrigins: [origin]
          allowedMethods: ['PUT']
          allowedHeaders: ['content-type', 'x-ms-*']
          exposedHeaders: ['etag', 'x-ms-*']
          maxAgeInSeconds: 3600
        }
      ]
    }
    deleteRetentionPolicy: {
      enabled: true
      days: 30
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource reportsContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for containerName in containers: {
    parent: reportsBlobs
    name: containerName
    properties: union(
      {
        publicAccess: 'None'
      },
      // Said of a new container only. It makes nothing immutable: the app gives each issued file a policy of its own.
      reportImmutability && '${containerName}/' == reportsPrefix
        ? {
            immutableStorageWithVersioning: {
              enabled: true
            }
          }
        : {}
    )
  }
]

resource reportsLifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: reportsAccount
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'cool-old-reports'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
            }
            actions: {
              baseBlob: {
                tierToCool: {
                  daysAfterModificationGreaterThan: coolAfterDays
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 90
                }
              }
            }
          }
        }
        {
          // Counted from when a file was written, which is not before the report's own time: so none is deleted while the
          // app still offers it, or its policy still holds. A current version stays while it has others or snapshots.
          name: 'delete-old-reports'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: [reportsPrefix]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterCreationGreaterThan: reportRetentionDays
                }
              }
              snapshot: {
                delete: {
                  daysAfterCreationGreaterThan: reportRetentionDays
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: reportRetentionDays
                }
              }
            }
          }
        }
        {
          // The app deletes uploads itself. This sees to what is left over all the same, older versions included.
          name: 'delete-old-uploads'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['attachment-uploads/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 3
                }
              }
              snapshot: {
                delete: {
                  daysAfterCreationGreaterThan: 3
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 3
                }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [reportsBlobs]
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: hostAccountName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: closed
}

resource hostBlobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: hostAccount
  name: 'default'
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: hostBlobs
  name: deploymentContainerName
}

output reportsAccountName string = reportsAccount.name
output reportsAccountUrl string = reportsAccount.properties.primaryEndpoints.blob
output hostAccountName string = hostAccount.name
output deploymentContainerUrl string = '${hostAccount.properties.primaryEndpoints.blob}${deploymentContainer.name}'
