param serviceName string
param dataLocation string

// Mail goes out from here. Both services are global; only what they keep has a place.
resource emailService 'Microsoft.Communication/emailServices@2025-05-01' = {
  name: '${serviceName}-mail'
  location: 'global'
  properties: {
    dataLocation: dataLocation
  }
}

// Works without a record of a domain of your own, for few messages an hour.
resource domain 'Microsoft.Communication/emailServices/domains@2025-05-01' = {
  parent: emailService
  name: 'AzureManagedDomain'
  location: 'global'
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource service 'Microsoft.Communication/communicationServices@2025-05-01' = {
  name: serviceName
  location: 'global'
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [domain.id]
  }
}

output serviceName string = service.name
output endpoint string = 'https://${service.properties.hostName}'
output defaultFrom string = 'DoNotReply@${domain.properties.fromSenderDomain}'
