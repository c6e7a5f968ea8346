param namespaceName string
param location string

@description('Properties by the name of the queue, as the vendor\'s emulator names them.')
param queues object

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for definition in items(queues): {
    parent: namespace
    name: definition.key
    properties: {
      lockDuration: definition.value.LockDuration
      maxDeliveryCount: definition.value.MaxDeliveryCount
      defaultMessageTimeToLive: definition.value.DefaultMessageTimeToLive
      deadLetteringOnMessageExpiration: definition.value.DeadLetteringOnMessageExpiration
    }
  }
]

output namespaceName string = namespace.name
output fullyQualifiedNamespace string = '${namespace.name}.servicebus.windows.net'
