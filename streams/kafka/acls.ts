import kafkajs, { type AclEntry } from 'kafkajs'

// Node finds only some of kafkajs's exports by name.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/** What may be done with one resource, or with all whose names begin so. */
export interface Right {
  readonly resource: 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID'
  readonly name: string
  readonly prefixed: boolean
  readonly operation: 'READ' | 'WRITE' | 'CREATE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS'
}

/** The right as an ACL of the cluster, for connections from anywhere. */
export function toAclEntry(principal: string, { resource, name, prefixed, operation }: Right): AclEntry {
  return {
    principal,
    host: '*',
    resourceType: AclResourceTypes[resource],
    resourceName: name,
    resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }
}
