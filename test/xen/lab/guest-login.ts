import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { run, type Ended } from '../../support/house.js';
import { lab } from './hooks.js';

/** The status of ssh(1) when the line did not run, because nobody answers or the login is refused. */
const SSH_FAILED = 255;

/** Of dom0's bridge, from which nothing leads out: test/xen/image/dom0/etc/systemd/network. */
export const SUBNET = '192.0.2.0/24';
export const GATEWAY = '192.0.2.1';

/** The `seeds:` of dom0.yaml for guests on that bridge. */
export const SEEDS = `seeds:\n  networks:\n    - {subnet: ${SUBNET}, gateway: ${GATEWAY}}\n`;

/** The line of a domain's configuration that puts it on that bridge. @param host the last byte of its address */
export function vifLine(host: number): string {
  return `vif = [ 'mac=00:16:3e:00:00:${host.toString(16).padStart(2, '0')},ip=192.0.2.${host},bridge=xenbr0' ]\n`;
}

/** A guest's sshd, as a customer reaches it: through dom0, with the customer's own key. */
export class GuestLogin {
  readonly #host: number;
  /** The host keys that were seen. */
  readonly known: string;

  /** @param host as for `vifLine`. @param domain names the file of host keys, which must not exist yet */
  constructor(domain: string, host: number) {
    this.#host = host;
    this.known = join(lab().machine.directory, `${domain}_known_hosts`);
  }

  /** Runs a line as root in the guest. @param options more of ssh's */
  run(customer: string, line: string, ...options: readonly string[]): Promise<Ended> {
    const key = join(lab().gate.layout.clientKeys, customer);
    return run(
      'ssh',
      [
        ...['-F', '/dev/null', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', ...options],
        ...['-o', `UserKnownHostsFile=${this.known}`, '-o', 'StrictHostKeyChecking=accept-new'],
        ...['-o', 'LogLevel=ERROR'],
        ...['-o', `ProxyCommand=ssh -F "${lab().dom0.sshConfig}" -W %h:%p dom0`],
        `root@192.0.2.${this.#host}`,
        line,
      ],
      '',
    );
  }

  /**
   * As `run` for alice, when the guest answers: its sshd, or what the console says of it, may be there before its
   * network is.
   */
  async whenUp(line: string, withinMs: number): Promise<Ended> {
    let tried: Ended | undefined;
    return eventually(
      'a login to the guest',
      async () => {
        tried = await this.run('alice', line);
        return tried.status === SSH_FAILED ? undefined : tried;
      },
      { withinMs, everyMs: 2_000, slowestMs: 5_000, instead: () => tried },
    );
  }

  /** As `run`, for logins that must be refused. @returns ssh's words, or what the line said when they were not */
  async refuses(customer: string, ...options: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(customer, 'id', ...options);
    return status === SSH_FAILED ? stderr : `exit ${String(status)}: ${stdout}${stderr}`;
  }
}
