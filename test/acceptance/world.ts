import type { TerminalClient } from '../support/terminal-client.js';
import type { Ended } from '../support/house.js';

/**
 * A Xen host with Postern, simulated or real, as the acceptance cases use it. Alice owns horatio, ophelia
 * (who does not boot until her /etc/fstab is mended), guildenstern (who boots by PV-GRUB), rosencrantz (who
 * boots by PyGRUB), and the PVH servers hamlet and laertes (who boots by GRUB). Bob owns yorick; mallory owns nothing. `router` belongs to nobody and is unmanaged.
 */
export interface World {
  /** The dom0 half's socket, at the gate's path. */
  readonly dom0Socket: string;
  /** Runs a customer's command over ssh without a terminal, as a script does. */
  ssh(customer: string, command: string): Promise<Ended>;
  /** Opens a customer's terminal, with further options for ssh. */
  terminal(customer: string, command?: string, ssh?: readonly string[]): TerminalClient;
  /** Runs an operator's command on the Xen host. */
  xl(...args: string[]): Promise<Ended>;
  /**
   * An operator's migration of a domain to the host that it runs on, in a time that lets the dom0 half see it
   * on its way.
   */
  migrateWithin(name: string): Promise<Ended>;
  /** The present domid of a domain; undefined when there is none. */
  domid(name: string): Promise<number | undefined>;
  /** Runs `xl create` so that the domain gets this domid, which a domain that is gone had before. */
  createWithDomid(name: string, domid: number): Promise<Ended>;
  /** The path of a domain's configuration file, on the Xen host. */
  configOf(name: string): string;
  /** Edits a domain's configuration file, as an operator would. */
  editConfig(name: string, edit: (text: string) => string): Promise<void>;
  /** Opens an operator's `xl console` on the Xen host. */
  xlConsole(name: string): TerminalClient;
  /** Opens an operator's `postern console` on the Xen host. */
  posternConsole(name: string): TerminalClient;
  /**
   * The processes that `xl create` left for a running domain. They carry out its reboots and its clean-up.
   */
  xlProcesses(name: string): Promise<readonly number[]>;
  /** Runs an admin's command, beside the gate. */
  postern(...args: string[]): Promise<Ended>;
  /** Stops the dom0 half as an upgrade does, and waits until it has gone. */
  stopDom0Half(): Promise<void>;
  startDom0Half(): Promise<void>;
  /** `kill -9` of the dom0 half. Its supervisor (systemd, on a real host) starts it again. */
  killDom0Half(): Promise<void>;
  /** Cuts the Xen host's power, and switches it on again. Resolves when its dom0 half runs. */
  rebootHost(): Promise<void>;
}
