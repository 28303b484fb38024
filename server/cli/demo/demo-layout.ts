import { join } from 'node:path';

/** The demo's paths, all below one directory. */
export interface DemoLayout {
  readonly directory: string;
  /** Only the demo makes this file: `--fresh` removes only directories that hold it. */
  readonly marker: string;
  /** Process ids of the running demo and its halves. */
  readonly pids: string;
  readonly gateSettings: string;
  readonly dom0Settings: string;
  readonly policy: string;
  readonly gateState: string;
  readonly dom0State: string;
  readonly run: string;
  readonly dom0Socket: string;
  readonly controlSocket: string;
  readonly hostKey: string;
  readonly clientKeys: string;
  readonly sshConfig: string;
  readonly knownHosts: string;
  /** The simulated Xen host. */
  readonly xen: string;
  readonly logs: string;
}

/** An additional simulated Xen host of the demo, with its dom0 half. */
export interface DemoHost {
  readonly name: string;
  readonly settings: string;
  readonly socket: string;
  readonly state: string;
  readonly xen: string;
}

/** The second host, which `--hosts 2` adds to the first. */
export function secondHost({ directory }: DemoLayout): DemoHost {
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    name: 'xen2',
    settings: at('etc', 'dom0-xen2.yaml'),
    socket: at('run', 'xen2', 'dom0.sock'),
    state: at('dom0-xen2'),
    xen: at('xen2'),
  };
}

/** sun_path of unix(7) is 108 bytes with its NUL. */
export const SOCKET_PATH_LIMIT = 107;

export function demoLayout(directory: string): DemoLayout {
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    marker: at('.postern-demo'),
    pids: at('run', 'pids.json'),
    gateSettings: at('etc', 'gate.yaml'),
    dom0Settings: at('etc', 'dom0.yaml'),
    policy: at('etc', 'policy.d'),
    gateState: at('gate'),
    dom0State: at('dom0'),
    run: at('run'),
    dom0Socket: at('run', 'dom0', 'dom0.sock'),
    controlSocket: at('run', 'gate', 'control.sock'),
    hostKey: at('gate', 'ssh_host_ed25519_key'),
    clientKeys: at('keys'),
    sshConfig: at('ssh_config'),
    knownHosts: at('known_hosts'),
    xen: at('xen'),
    logs: at('log'),
  };
}
