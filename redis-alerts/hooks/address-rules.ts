import { BlockList, isIP } from 'node:net'

/** IANA's special-purpose registries: what is not globally reachable, and what leads to such by translation. */
const IPV4_NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** All that is given out for the public Internet; what maps or translates IPv4 lies outside of it, or below. */
const IPV6_PUBLIC = ['2000::/3']
const IPV6_NOT_PUBLIC = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const notPublic = blockList([...IPV4_NOT_PUBLIC, ...IPV6_NOT_PUBLIC])
const publicIpv6 = blockList(IPV6_PUBLIC)

/** Which addresses a hook may connect to: public ones, and those of networks that its owner has named. */
export class AddressRules {
  private readonly allowed: BlockList

  /** @throws Error for what is no network such as `10.1.0.0/16` */
  constructor(networks: readonly string[]) {
    this.allowed = blockList(networks)
  }

  /** Whether an IP address may be connected to. Whatever is not understood may not. */
  allows(address: string): boolean {
    const version = isIP(address)
    if (version === 0 || address.includes('%')) return false
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (this.allowed.check(address, family)) return true
    return (version === 4 || publicIpv6.check(address, family)) && !notPublic.check(address, family)
  }
}

/** The host of a URL as an address, or null where it is a name. URLs hold every spelling of an address in one form. */
export function addressOf({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? null : host
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    const version = isIP(address)
    if (version === 0 || !/^\d{1,3}$/.test(bits)) throw new Error(`${network} is no network such as 10.1.0.0/16`)
    list.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
