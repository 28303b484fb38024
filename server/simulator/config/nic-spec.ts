/** A network interface of a configuration, xl-network-configuration(5). */
export interface NicConfig {
  readonly mac?: string;
  readonly ip?: string;
  readonly bridge?: string;
  readonly script?: string;
}

const SHOWN = ['mac', 'ip', 'bridge', 'script'] as const;
const TAKEN =
  /^(?:model|type|vifname|ifname|backend|rate|netdev|gatewaydev|trusted|untrusted|accel|devid|mtu)(?:=|$)/;

/** @returns xl's message when it refuses the interface */
export function readNic(spec: string): NicConfig | string {
  const nic: Partial<Record<keyof NicConfig, string>> = {};
  for (const part of spec.split(',').map((each) => each.replace(/^ +/, ''))) {
    if (part === '') continue;
    const key = SHOWN.find((known) => part.startsWith(`${known}=`));
    const value = key === undefined ? '' : part.slice(key.length + 1);
    if (key === 'mac' && !/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(value))
      return `invalid mac address \`${value}'`;
    if (key !== undefined) nic[key] = key === 'mac' ? value.toLowerCase() : value;
    else if (!TAKEN.test(part)) return `unrecognized argument \`${part}'`;
  }
  return nic;
}
