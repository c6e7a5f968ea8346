// What the app's identity may do: read and write data, read how long the queues are, and change no resource.

param principalId string
param cosmosAccountName string
param serviceBusNamespaceName string
param reportsAccountName string
param hostAccountName string
param mailServiceName string
param reportImmutability bool

resource cosmosAccount 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosAccountName
}

resource serviceBusNamespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusNamespaceName
}

resource reportsAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: reportsAccountName
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostAccountName
}

resource mailService 'Microsoft.Communication/communicationServices@2025-05-01' existing = {
  name: mailServiceName
}

var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'
var serviceBusDataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
var serviceBusDataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var communicationAndEmailOwner = '09976791-48a7-449e-bb21-39d1a415f350'

// Data of Cosmos DB has roles of its own, which are not those of the resource manager.
resource cosmosData 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmosAccount
  name: guid(cosmosAccount.id, principalId, cosmosDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${cosmosAccount.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    scope: cosmosAccount.id
  }
}

resource serviceBusRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [serviceBusDataSender, serviceBusDataReceiver]: {
    scope: serviceBusNamespace
    name: guid(serviceBusNamespace.id, principalId, role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// How long a queue is decides how many instances the host runs. To receive is not to know that: the host then guesses by
// peeking and scales late, without a word. The built-in role that knows it may also delete the queues.
resource queueLengthReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(serviceBusNamespace.id, 'queue length reader')
  properties: {
    // Unique in the whole tenant.
    roleName: 'Queue length reader of ${serviceBusNamespaceName}'
    description: 'Reads what queues there are in the namespace and how long they are.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.ServiceBus/namespaces/*/read']
      }
    ]
  }
}

resource queueLengthRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: serviceBusNamespace
  name: guid(serviceBusNamespace.id, principalId, 'queue length reader')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueLengthReader.name)
  }
}

// The delegator signs the links that expire; what they open, the contributor has written.
resource reportsRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [blobDataContributor, blobDelegator]: {
    scope: reportsAccount
    name: guid(reportsAccount.id, principalId, role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// To write a file is not to protect it. The one built-in role that may do so owns the account's data, so the app gets a
// role of this one action, by which an unlocked policy can be made shorter or lifted too.
resource reportProtector 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (reportImmutability) {
  name: guid(reportsAccount.id, 'report protector')
  properties: {
    // Unique in the whole tenant.
    roleName: 'Report protector of ${reportsAccountName}'
    description: 'Sets policies of immutability on files.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/immutableStorage/runAsSuperUser/action']
      }
    ]
  }
}

resource reportProtectorRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (reportImmutability) {
  scope: reportsAccount
  name: guid(reportsAccount.id, principalId, 'report protector')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reportProtector.name)
  }
}

// The host keeps the locks of timers and reads the deployed package there.
resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostAccount
  name: guid(hostAccount.id, principalId, blobDataOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
  }
}

// There is no built-in role that may send mail and no more.
resource mailRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: mailService
  name: guid(mailService.id, principalId, communicationAndEmailOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', communicationAndEmailOwner)
  }
}
