/**
 * Which addresses a webhook may be sent to. Whoever makes one chooses its host, so without this the service could be made
 * to call what only its own network can reach: other services of the machine, of the company, or of the cloud it runs in.
 */
import { lookup as resolveName, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/** What is not on the public internet, by the registries of special addresses of the IANA. */
const PRIVATE_4 = [
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
  // Multicast, what is reserved, and the broadcast address.
  '224.0.0.0/3',
];
const PRIVATE_6 = [
  // Everything but 2000::/3: unspecified, loopback, mapped and translated IPv4, unique local, link-local, multicast.
  '::/3',
  '4000::/2',
  '8000::/1',
  // Inside it: protocols (Teredo among them, which contains IPv4), documentation, and 6to4, which contains IPv4.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

// One list for each family: in a common one, IPv4 addresses would be looked for among the IPv6 blocks too.
const PRIVATE = { ipv4: listOf('ipv4', PRIVATE_4), ipv6: listOf('ipv6', PRIVATE_6) };

function listOf(family: 'ipv4' | 'ipv6', blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [net = '', prefix] = block.split('/');
    list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

export class PrivateAddress extends Error {
  constructor(host: string) {
    super(
      `"${host.slice(0, 200)}" is an address of a private network, or of this machine. WEBHOOKS_ALLOW_PRIVATE=true allows these.`,
    );
  }
}

/** Anything but an IP address counts as private. */
export function isPrivate(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return true;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return PRIVATE[family].check(address, family);
}

/** The host of a URL, without the brackets around an IPv6 address. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * For `lookup` of `http.request`: it gives the connection itself the addresses that were checked. So a name that has
 * another address a moment later (DNS rebinding) leads nowhere.
 */
export function lookUpPublic(host: string, options: LookupOptions, callback: LookupCallback): void {
  resolveName(host, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    const allowed = found.filter(({ address }) => !isPrivate(address));
    const [first] = allowed;
    if (!first) return callback(new PrivateAddress(host), []);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
}
