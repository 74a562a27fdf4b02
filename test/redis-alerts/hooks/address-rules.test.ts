import { expect, test } from 'vitest'
import { AddressRules, addressOf } from '../../../redis-alerts/hooks/address-rules.ts'

const PUBLIC_ALONE = new AddressRules([])

const FORBIDDEN = [
  { why: 'loopback', host: '127.0.0.1' },
  { why: 'loopback, any of it', host: '127.255.3.4' },
  { why: 'loopback in decimal', host: '2130706433' },
  { why: 'loopback in octal', host: '0177.0.0.1' },
  { why: 'loopback in hexadecimal', host: '0x7f.1' },
  { why: 'loopback with parts left out', host: '127.1' },
  { why: 'loopback with a dot at the end', host: '127.0.0.1.' },
  { why: 'loopback in wide digits', host: '１２７.0.0.1' },
  { why: 'this host', host: '0.0.0.0' },
  { why: 'metadata of most clouds', host: '169.254.169.254' },
  { why: 'metadata in decimal', host: '2852039166' },
  { why: 'metadata of Alibaba', host: '100.100.100.200' },
  { why: 'metadata of Oracle', host: '192.0.0.192' },
  { why: 'metadata by IPv6 of AWS', host: '[fd00:ec2::254]' },
  { why: 'private 10/8', host: '10.0.0.1' },
  { why: 'private 172.16/12', host: '172.31.255.255' },
  { why: 'private 192.168/16', host: '192.168.1.1' },
  { why: 'documentation', host: '203.0.113.1' },
  { why: 'benchmarks', host: '198.19.0.1' },
  { why: 'multicast', host: '224.0.0.1' },
  { why: 'broadcast', host: '255.255.255.255' },
  { why: 'loopback by IPv6', host: '[::1]' },
  { why: 'unspecified by IPv6', host: '[::]' },
  { why: 'IPv4-mapped loopback', host: '[::ffff:127.0.0.1]' },
  { why: 'IPv4-mapped loopback in hexadecimal', host: '[::ffff:7f00:1]' },
  { why: 'IPv4-mapped metadata', host: '[::ffff:a9fe:a9fe]' },
  { why: 'IPv4-compatible loopback', host: '[::7f00:1]' },
  { why: 'NAT64 of metadata', host: '[64:ff9b::a9fe:a9fe]' },
  { why: '6to4 of loopback', host: '[2002:7f00:1::]' },
  { why: 'Teredo', host: '[2001::1]' },
  { why: 'link-local by IPv6', host: '[fe80::1]' },
  { why: 'unique local', host: '[fc00::1]' },
  { why: 'documentation by IPv6', host: '[2001:db8::1]' },
  { why: 'multicast by IPv6', host: '[ff02::1]' },
]

test.each(FORBIDDEN)('SPEC A5: $why ($host) is no address for a hook', ({ host }) => {
  const address = addressOf(new URL(`https://${host}/`))
  expect(address).not.toBeNull()
  expect(PUBLIC_ALONE.allows(address as string)).toBe(false)
})

test.each(['fe80::1%eth0', 'localhost', '', '1.2.3', '::ffff:127.0.0.1'])(
  'SPEC A5: a resolver that answers %j is not followed',
  (address) => expect(PUBLIC_ALONE.allows(address)).toBe(false),
)

test.each(['1.1.1.1', '172.32.0.1', '100.63.255.255', '2606:4700::1111', '2a00:1450::1'])(
  'SPEC A5: %s is public',
  (address) => expect(PUBLIC_ALONE.allows(address)).toBe(true),
)

test('SPEC A5: a network that is named may be reached, in every spelling, and nothing beside it', () => {
  const rules = new AddressRules(['127.0.0.0/8', '10.1.0.0/16', 'fd12::/16'])
  for (const address of ['127.0.0.1', '10.1.255.255', 'fd12::1', '::ffff:10.1.0.1']) {
    expect(rules.allows(address), address).toBe(true)
  }
  for (const address of ['10.2.0.1', '169.254.169.254', '::1', 'fd13::1']) {
    expect(rules.allows(address), address).toBe(false)
  }
})

test('SPEC A5: a name is no address, and what is no network is refused', () => {
  expect(addressOf(new URL('https://hooks.example/'))).toBeNull()
  for (const network of ['10.0.0.0', 'x/8', '10.0.0.0/33', '10.0.0.0/-1']) {
    expect(() => new AddressRules([network]), network).toThrow()
  }
})
