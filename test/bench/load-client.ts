/**
 * One process of the load generator. Its parent sends it requests (load.ts). It logs in by ssh2, so it stands
 * on its own: no code of the gate is in it.
 */
import ssh2 from 'ssh2';
import type { Client, ClientChannel } from 'ssh2';
import { SOURCE_END } from './bench-domains.js';
import type { LoadAnswer, LoadRequest } from './load.js';
import type { Target } from './server-under-load.js';

const TERMINAL = { term: 'xterm-256color', cols: 80, rows: 24 };
/** How long a login may take. */
const READY_MS = 120_000;
/** Milliseconds without output after which a console has said its first words. */
const SETTLED_MS = 300;

interface Open {
  readonly client: Client;
  readonly channel: ClientChannel;
}

/** The menus that are still open. */
const kept: Open[] = [];
let taken = 0;

/** The logins of the clients that have a part to play. */
const noisy = ({ logins }: Target): string => logins[0] ?? '';
const quiet = (target: Target): string => target.logins[1] ?? noisy(target);
/** The login of the next menu: those of all other customers in turn. */
const next = (target: Target): string =>
  target.logins[2 + (taken++ % Math.max(1, target.logins.length - 2))] ?? noisy(target);

/** Logs in and waits for the first byte. @returns with the milliseconds from connecting to that byte */
function open(
  target: Target,
  username: string,
  command: string | null,
): Promise<Open & { readonly ms: number }> {
  const begun = performance.now();
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('ready', () => {
      channel(client, command).then((opened) => {
        client.off('error', reject);
        client.on('error', () => undefined);
        resolve({ client, channel: opened, ms: performance.now() - begun });
      }, reject);
    });
    client.connect({
      host: '127.0.0.1',
      port: target.port,
      username,
      privateKey: target.privateKey,
      readyTimeout: READY_MS,
      algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'], compress: ['none'] },
    });
  });
}

/** Opens a session and waits for its first byte. */
function channel(client: Client, command: string | null): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, made: ClientChannel): void => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      made.on('error', () => undefined);
      made.once('data', () => {
        resolve(made);
      });
    };
    if (command === null) client.shell(TERMINAL, opened);
    else client.exec(command, { pty: TERMINAL }, opened);
  });
}

function close({ client }: Open): Promise<void> {
  return new Promise((resolve) => {
    client.once('close', () => {
      resolve();
    });
    client.end();
  });
}

/** Does the work so often, so many at once. */
async function repeat(count: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, one));
}

async function logins(target: Target, count: number, atOnce: number): Promise<number[]> {
  const took: number[] = [];
  await repeat(count, atOnce, async () => {
    const one = await open(target, next(target), null);
    took.push(one.ms);
    await close(one);
  });
  return took;
}

async function keep(target: Target, count: number): Promise<void> {
  await repeat(count, 20, async () => {
    const one = await open(target, next(target), null);
    one.channel.resume();
    kept.push(one);
    one.client.once('close', () => {
      kept.splice(kept.indexOf(one), 1);
    });
  });
}

/** Attaches to a console, and waits until it is quiet. */
async function attach(target: Target, username: string, domain: string): Promise<Open> {
  const { by, domain: ways } = target.console;
  const way = ways[domain] ?? '';
  const one = await open(target, username, by === 'exec' ? way : null);
  if (by === 'menu') one.channel.write(way);
  await new Promise<void>((resolve) => {
    const quiet = setTimeout(() => {
      one.channel.off('data', again);
      resolve();
    }, SETTLED_MS);
    const again = (): void => {
      quiet.refresh();
    };
    one.channel.on('data', again);
  });
  return one;
}

/** @returns the milliseconds from each key to its echo */
async function echo(target: Target, domain: string, count: number): Promise<number[]> {
  const one = await attach(target, quiet(target), domain);
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const key = String.fromCharCode(97 + (at % 26));
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      const heard = (data: Buffer): void => {
        if (!data.includes(key)) return;
        one.channel.off('data', heard);
        resolve();
      };
      one.channel.on('data', heard);
      one.channel.write(key);
    });
    took.push(performance.now() - begun);
    // People do not type in lockstep with the server.
    await new Promise((resolve) => setTimeout(resolve, 1 + (at % 4)));
  }
  await close(one);
  return took;
}

/** Presses a key in menus that were kept, never twice in one. @returns the milliseconds until each shows something */
async function touch(count: number): Promise<number[]> {
  const took: number[] = [];
  const chosen = new Set<Open>();
  while (chosen.size < Math.min(count, kept.length)) {
    const one = kept[Math.floor(Math.random() * kept.length)];
    if (one !== undefined) chosen.add(one);
  }
  for (const one of chosen) {
    const begun = performance.now();
    const shown = await new Promise<boolean>((resolve) => {
      one.channel.once('data', () => {
        resolve(true);
      });
      one.client.once('close', () => {
        resolve(false);
      });
      one.channel.write('?');
    });
    if (shown) took.push(performance.now() - begun);
  }
  return took;
}

/** A connection of the bench's servers takes so many sessions. */
const OF_A_CONNECTION = 4;

/** Opens sessions of one customer. */
async function sessions(
  target: Target,
  username: string,
  command: string | null,
  count: number,
): Promise<Open[]> {
  const opened: Open[] = [];
  while (opened.length < count) {
    const first = await open(target, username, command);
    opened.push(first);
    for (let at = 1; at < OF_A_CONNECTION && opened.length < count; at += 1)
      opened.push({ client: first.client, channel: await channel(first.client, command) });
  }
  for (const one of opened) one.channel.resume();
  kept.push(...opened);
  return opened;
}

/** Lets a console flood this client, and those who watch it. */
async function flood(target: Target, domain: string, watchers: number): Promise<void> {
  const one = await attach(target, noisy(target), domain);
  one.channel.resume();
  kept.push(one);
  await sessions(target, noisy(target), `${domain} watch`, watchers);
  one.channel.write('y');
}

/** Opens menus of one customer and presses keys in them, one after the other, each so often. */
async function storm(target: Target, count: number, everyMs: number): Promise<void> {
  const menus = await sessions(target, noisy(target), null, count);
  let pressed = 0;
  const begun = performance.now();
  setInterval(() => {
    const due = ((performance.now() - begun) / everyMs) * count;
    // Up and down: each key changes the screen.
    for (; pressed < due; pressed += 1)
      menus[pressed % count]?.channel.write(Math.floor(pressed / count) % 2 === 0 ? '\x1b[B' : '\x1b[A');
  }, 1);
}

/** @returns the bytes that a console sent after a key, and the milliseconds that they took */
async function source(target: Target, domain: string): Promise<number[]> {
  const one = await attach(target, noisy(target), domain);
  let bytes = 0;
  let tail = '';
  const begun = performance.now();
  await new Promise<void>((resolve) => {
    one.channel.on('data', (data: Buffer) => {
      bytes += data.length;
      // The gate may repaint after it skipped some of a flood, so the mark may have a neighbour.
      tail += data.toString('latin1');
      if (tail.includes(SOURCE_END)) resolve();
      tail = tail.slice(-SOURCE_END.length);
    });
    one.channel.write('g');
  });
  const ms = performance.now() - begun;
  await close(one);
  return [bytes, ms];
}

async function perform(request: LoadRequest): Promise<number[]> {
  switch (request.do) {
    case 'logins':
      return logins(request.target, request.count, request.atOnce);
    case 'keep':
      await keep(request.target, request.count);
      return [];
    case 'echo':
      return echo(request.target, request.domain, request.count);
    case 'touch':
      return touch(request.count);
    case 'count':
      return [kept.length];
    case 'flood':
      await flood(request.target, request.domain, request.watchers);
      return [];
    case 'storm':
      await storm(request.target, request.count, request.everyMs);
      return [];
    case 'source':
      return source(request.target, request.domain);
  }
}

process.on('message', (request: LoadRequest) => {
  const before = process.cpuUsage();
  const answer = (message: LoadAnswer): void => {
    process.send?.(message);
  };
  perform(request).then(
    (values) => {
      const { user, system } = process.cpuUsage(before);
      answer({ ok: true, values, cpuMs: (user + system) / 1000 });
    },
    (error: unknown) => {
      answer({ ok: false, message: error instanceof Error ? error.message : String(error) });
    },
  );
});
process.on('disconnect', () => process.exit());
