/** Where this machine reaches what listens on an address: "any address" is loopback, an IPv6 address stands in brackets. */
export function reachableHost(bind: string): string {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1';
  return bind.includes(':') ? `[${bind}]` : bind;
}
