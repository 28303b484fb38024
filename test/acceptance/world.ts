import type { TerminalClient } from '../support/terminal-client.js';
import type { Ended } from '../support/house.js';

/**
 * A Xen host with Postern on it: what the acceptance cases need of one, simulated or real. Alice owns horatio and ophelia, who does not
 * boot until her /etc/fstab is mended, guildenstern, who boots by PV-GRUB, and rosencrantz, who boots by PyGRUB; bob owns yorick; mallory has nothing. `router` is nobody's, and unmanaged.
 */
export interface World {
  /** The dom0 half's socket, as the gate has it. */
  readonly dom0Socket: string;
  /** Runs a customer's command over ssh without a terminal, as a script would. */
  ssh(customer: string, command: string): Promise<Ended>;
  /** A customer at a terminal; with more options for ssh. */
  terminal(customer: string, command?: string, ssh?: readonly string[]): TerminalClient;
  /** What an operator types by hand on the Xen host. */
  xl(...args: string[]): Promise<Ended>;
  /** The present domid of a domain, undefined when there is none. */
  domid(name: string): Promise<number | undefined>;
  /** `xl create` of a domain that gets this domid, which a domain that is gone had before. */
  createWithDomid(name: string, domid: number): Promise<Ended>;
  /** The path of a domain's configuration file, on the Xen host. */
  configOf(name: string): string;
  /** Changes a domain's configuration file, as an operator's editor would. */
  editConfig(name: string, edit: (text: string) => string): Promise<void>;
  /** An operator at a terminal of the Xen host, in `xl console`. */
  xlConsole(name: string): TerminalClient;
  /** An operator at a terminal of the Xen host, in `postern console`. */
  posternConsole(name: string): TerminalClient;
  /** The processes that `xl create` left for a domain that runs: they do its reboots and its cleaning up. */
  xlProcesses(name: string): Promise<readonly number[]>;
  /** An admin's command, beside the gate. */
  postern(...args: string[]): Promise<Ended>;
  /** Stops the dom0 half as an upgrade would, and waits until it has gone. */
  stopDom0Half(): Promise<void>;
  startDom0Half(): Promise<void>;
  /** `kill -9` of the dom0 half; whoever keeps it (systemd, on a real host) starts it again. */
  killDom0Half(): Promise<void>;
  /** Pulls the plug of the Xen host, and switches it on again. Resolves when its dom0 half runs. */
  rebootHost(): Promise<void>;
}
