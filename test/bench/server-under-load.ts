import { readdirSync } from 'node:fs';
import { ProcessFacts } from '../support/process-facts.js';

/** A way to a server for the load generator. */
export interface Target {
  readonly port: number;
  /** A private key that every login has. */
  readonly privateKey: string;
  /** The logins: the first one floods, the second one types, the others have menus. Clients may share one. */
  readonly logins: readonly string[];
  /** The command that attaches to a console, or what to type into the menu for it. */
  readonly console: { readonly by: 'exec' | 'menu'; readonly domain: Readonly<Record<string, string>> };
}

/** What is counted of a server. */
type Measured = Pick<ServerUnderLoad, 'roots'>;

/** A server that is measured: Postern, or OpenSSH with a menu in bash. */
export interface ServerUnderLoad {
  readonly name: 'postern' | 'openssh';
  readonly target: Target;
  /** The processes whose descendants are the server's too. */
  readonly roots: readonly number[];
  stop(): Promise<void>;
}

const TICK_MS = 10;

/** CPU time of the server's processes, of those that have ended as well. Milliseconds. */
export function cpuOf({ roots }: Measured): number {
  const ticks = treeOf(roots).map((pid) => seen(() => new ProcessFacts(pid).cpuTicksWithEnded) ?? 0);
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

/** CPU time of the first processes alone, without what they started. Milliseconds. */
export function ownCpuOf({ roots }: Measured): number {
  return roots.reduce((sum, pid) => sum + new ProcessFacts(pid).cpuTicks, 0) * TICK_MS;
}

/** The proportional share of memory of all the server's processes. KiB. */
export function memoryOf({ roots }: Measured): number {
  return (
    treeOf(roots).reduce((sum, pid) => sum + (seen(() => new ProcessFacts(pid).proportional) ?? 0), 0) / 1024
  );
}

/** The same of the first processes alone. KiB. */
export function ownMemoryOf({ roots }: Measured): number {
  return roots.reduce((sum, pid) => sum + new ProcessFacts(pid).proportional, 0) / 1024;
}

function treeOf(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const parent = seen(() => new ProcessFacts(pid).parent);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree: number[] = [];
  const add = (pid: number): void => {
    tree.push(pid);
    for (const child of children.get(pid) ?? []) add(child);
  };
  for (const pid of roots) add(pid);
  return tree;
}

/** Null for a process that has ended meanwhile. */
function seen<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
