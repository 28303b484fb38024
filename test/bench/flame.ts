/**
 * Prints profiles of `node --cpu-prof` as text: `npm run bench:flame -- FILE… [--least PERCENT]`. A line is a
 * function with the share of CPU time in it and in what it called; below it, indented, what it called. Calls in
 * node's own code and in packages are one line each.
 */
import '../../server/cli/installation/fit-node.js';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';

/** The parts of a .cpuprofile that count (V8's inspector protocol, Profiler.Profile). */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A line of the flame graph. Microseconds. */
interface Flame {
  self: number;
  total: number;
  readonly below: Map<string, Flame>;
}

const IDLE = new Set(['(idle)', '(program)']);

const { args, least } = (() => {
  const command = new Command('flame')
    .argument('<files...>', 'profiles')
    .option('--least <percent>', 'leave out what took less', '1')
    .parse();
  return { args: command.args, least: Number(command.opts<{ least: string }>().least) };
})();

function nameOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  const at = url.lastIndexOf('/node_modules/');
  if (at >= 0) return `[${/^(@[^/]+\/)?[^/]+/.exec(url.slice(at + 14))?.[0] ?? '?'}]`;
  if (url.startsWith('node:')) return `[${url.split('/')[0] ?? url}]`;
  if (url === '') return functionName;
  return `${functionName || '(anonymous)'} ${url.replace(/^.*\/dist\//, '').replace(/\.js$/, '')}`;
}

function add(root: Flame, { nodes, samples, timeDeltas }: Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const paths = new Map<number, readonly string[]>();
  const pathOf = (id: number): readonly string[] => {
    const known = paths.get(id);
    if (known !== undefined) return known;
    const node = byId.get(id);
    const above = parent.get(id);
    const before = above === undefined ? [] : pathOf(above);
    const name = node === undefined ? '?' : nameOf(node.callFrame);
    const path = name === '(root)' || name === before.at(-1) ? before : [...before, name];
    paths.set(id, path);
    return path;
  };
  samples.forEach((id, at) => {
    const took = timeDeltas[at] ?? 0;
    const path = pathOf(id);
    if (IDLE.has(path[0] ?? '')) return;
    let flame = root;
    flame.total += took;
    for (const name of path) {
      const next = flame.below.get(name) ?? { self: 0, total: 0, below: new Map<string, Flame>() };
      flame.below.set(name, next);
      next.total += took;
      flame = next;
    }
    flame.self += took;
  });
}

function print(flame: Flame, whole: number, indent: string): void {
  const below = [...flame.below].sort(([, one], [, other]) => other.total - one.total);
  for (const [name, next] of below) {
    const percent = (next.total / whole) * 100;
    if (percent < least) continue;
    const own = (next.self / whole) * 100;
    process.stdout.write(
      `${percent.toFixed(1).padStart(5)} ${own < 0.05 ? '     ' : own.toFixed(1).padStart(5)}  ${indent}${name}\n`,
    );
    print(next, whole, `${indent}  `);
  }
}

const root: Flame = { self: 0, total: 0, below: new Map() };
for (const file of args) add(root, JSON.parse(readFileSync(file, 'utf8')) as Profile);
process.stdout.write(`${(root.total / 1000).toFixed(0)} ms on the CPU\n  all  self\n`);
print(root, root.total, '');
