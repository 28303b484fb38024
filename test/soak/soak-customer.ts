import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import type { Random } from '../support/random.js';
import { SoakClient } from './soak-client.js';
import type { SoakChannel, SoakTarget } from './soak-client.js';

/** What a customer does at the most of other people's patience. Milliseconds. */
const THINKING_MS = 600;
/** How long they wait for something to show, before they go on without it. */
const LOOK_MS = 4_000;
const KEYS = ['\x1b[A', '\x1b[B', '\x1b[5~', '\r', '\x1b', '?', '1', '2', '3', 'a', 'k', 'l', 'q', 'n'];
const VERBS = [
  'start',
  'reboot --yes',
  'shutdown --yes',
  'poweroff --yes',
  'rescue rescue --yes',
  'normal --yes',
];
const LOOKS = ['list', 'list --json', 'keys list', 'activity', 'help', 'recordings', 'no-such-command'];

/** What a customer of the soak needs to know. */
export interface SoakWorld {
  /** Resolves when the halves are there. */
  up(): Promise<void>;
  readonly port: number;
  readonly domains: readonly string[];
}

/** A customer who does one thing after the other, each chosen by the seed. */
export class SoakCustomer {
  readonly #world: SoakWorld;
  readonly #login: string;
  readonly #key: Buffer;
  readonly #random: Random;
  /** How often each thing was done. */
  readonly done: Record<string, number> = {};
  /** The longest time that each took. Milliseconds. */
  readonly longest = new Map<string, number>();
  /** What they do now, and since when; for a report on what hangs. */
  doing = 'nothing';
  #since = performance.now();
  #over = new AbortController().signal;

  constructor(world: SoakWorld, login: string, key: Buffer, random: Random) {
    this.#world = world;
    this.#login = login;
    this.#key = key;
    this.#random = random;
  }

  get name(): string {
    return this.#login;
  }

  /** For how long the present thing has lasted. Milliseconds. */
  get lasts(): number {
    return performance.now() - this.#since;
  }

  /** Acts until told to stop, and ends the last thing first. */
  async work(over: AbortSignal): Promise<void> {
    this.#over = over;
    const acts = [
      () => this.#menu(),
      () => this.#menu(),
      () => this.#console(),
      () => this.#console(),
      () => this.#flood(),
      () => this.#watch(),
      () => this.#power(),
      () => this.#power(),
      () => this.#looks(),
      () => this.#log(),
      () => this.#ownKeys(),
      () => this.#strangers(),
      () => this.#many(),
    ];
    while (!over.aborted) {
      this.#begin('wait for the halves');
      await this.#world.up();
      await this.#random.of(acts)();
      this.#begin('think');
      await this.#rest(this.#random.below(THINKING_MS));
    }
    this.#begin('nothing');
  }

  async #menu(): Promise<void> {
    await this.#connected('menu', async (client) => {
      const menu = await client.open(null, true);
      if (menu === null) return;
      await menu.receives(this.#login, LOOK_MS);
      for (let left = this.#random.below(12); left > 0 && !menu.isClosed && !this.#over.aborted; left -= 1) {
        if (this.#random.percent(15)) menu.resize(40 + this.#random.below(120), 10 + this.#random.below(40));
        menu.write(this.#random.of(KEYS));
        await this.#rest(this.#random.below(120));
      }
      if (this.#random.percent(20)) await this.#rest(this.#random.below(5_000));
      if (this.#random.percent(40)) menu.write('\x1b\x1bqqq');
    });
  }

  async #console(): Promise<void> {
    await this.#connected('console', async (client) => {
      const console = await this.#attach(client, 'console');
      if (console === null) return;
      for (
        let left = this.#random.below(6);
        left > 0 && !console.isClosed && !this.#over.aborted;
        left -= 1
      ) {
        const word = `word${this.#random.below(1_000)}`;
        console.write(`echo ${word}\r`);
        await console.receives(word, LOOK_MS);
        if (this.#random.percent(20))
          console.resize(60 + this.#random.below(100), 10 + this.#random.below(40));
      }
      if (this.#random.percent(60)) await this.#leave(console);
    });
  }

  async #flood(): Promise<void> {
    await this.#connected('flood', async (client) => {
      const console = await this.#attach(client, 'console');
      if (console === null) return;
      console.write('flood 3000000\r');
      await console.receives('0123456789', LOOK_MS);
      if (this.#random.percent(50)) {
        console.pause();
        await this.#rest(this.#random.below(2_000));
        console.resume();
      }
      console.write('\x03');
      if (this.#random.percent(60)) await this.#leave(console);
    });
  }

  async #watch(): Promise<void> {
    await this.#connected('watch', async (client) => {
      const console = await this.#attach(client, 'watch');
      if (console === null) return;
      await this.#rest(this.#random.below(3_000));
      if (this.#random.percent(60)) await this.#leave(console);
    });
  }

  async #power(): Promise<void> {
    const wait = this.#random.percent(50) ? ' --wait' : '';
    await this.#command('power', `${this.#domain()} ${this.#random.of(VERBS)}${wait}`);
  }

  async #looks(): Promise<void> {
    await this.#command(
      'look',
      this.#random.percent(40) ? `${this.#domain()} status` : this.#random.of(LOOKS),
    );
  }

  async #log(): Promise<void> {
    const domain = this.#domain();
    if (this.#random.percent(40)) {
      await this.#command('log', `${domain} log --lines 50`);
      return;
    }
    await this.#connected('log follow', async (client) => {
      const log = await client.open(`${domain} log --follow`, false);
      if (log === null) return;
      await this.#rest(this.#random.below(3_000));
      if (this.#random.percent(50)) log.eof();
    });
  }

  /** Adds a key of theirs, logs in by it, and takes it away again. */
  async #ownKeys(): Promise<void> {
    const pair = makeEd25519KeyPair(`soak ${this.#random.below(1_000)}`);
    await this.#command('keys add', `keys add ${pair.publicFile.trim()}`);
    const parsed = ssh2.utils.parseKey(pair.publicFile);
    if (parsed instanceof Error) throw parsed;
    await this.#connected(
      'keys use',
      async (client) => this.#waitFor(client, 'list'),
      Buffer.from(pair.privateFile),
    );
    const digest = (await crypto.subtle.digest(
      'SHA-256',
      new Uint8Array(parsed.getPublicSSH()),
    )) as ArrayBuffer;
    const fingerprint = `SHA256:${Buffer.from(digest).toString('base64').replace(/=+$/, '')}`;
    await this.#command('keys remove', `keys remove ${fingerprint} --yes`);
  }

  /** Those who do not come in: a wrong key, a peer that says nothing. */
  async #strangers(): Promise<void> {
    if (this.#random.percent(50)) {
      const { privateFile } = makeEd25519KeyPair('');
      await this.#connected('wrong key', () => Promise.resolve(), Buffer.from(privateFile));
      return;
    }
    this.#begin('silent peer');
    const socket = connect(this.#world.port, '127.0.0.1').on('error', () => undefined);
    // `once` would take an error for its own, as when the gate has just been killed.
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    await this.#rest(this.#random.below(1_500));
    socket.destroy();
    await closed;
  }

  /** Several commands on one connection, at once. */
  async #many(): Promise<void> {
    await this.#connected('several channels', async (client) => {
      const channels = 1 + this.#random.below(5);
      await Promise.all(Array.from({ length: channels }, () => this.#waitFor(client, 'list')));
    });
  }

  async #command(what: string, command: string): Promise<void> {
    await this.#connected(what, async (client) => this.#waitFor(client, command));
  }

  async #waitFor(client: SoakClient, command: string): Promise<void> {
    const channel = await client.open(command, false);
    if (channel === null) return;
    channel.eof();
    while (!this.#over.aborted && !(await channel.closes(1_000))) continue;
  }

  /** @returns null when there is no console, or it is refused; else a shell where the guest lets one in */
  async #attach(client: SoakClient, how: 'console' | 'watch'): Promise<SoakChannel | null> {
    const console = await client.open(`${this.#domain()} ${how}`, true);
    if (console === null || how === 'watch') return console;
    console.write('\r');
    if (await console.receives('login:', LOOK_MS / 2)) console.write('root\r');
    await console.receives(/# $/, LOOK_MS / 2);
    return console.isClosed ? null : console;
  }

  async #leave(console: SoakChannel): Promise<void> {
    console.write('\r\x1d.');
    await console.closes(LOOK_MS);
  }

  /** Logs in, does it, and goes: with a goodbye, or without. */
  async #connected(
    what: string,
    act: (client: SoakClient) => Promise<void>,
    privateKey = this.#key,
  ): Promise<void> {
    this.#begin(what);
    const { port } = this.#world;
    const target: SoakTarget = { port, username: this.#login, privateKey };
    const isRude = this.#random.percent(30);
    const client = await SoakClient.login(target);
    if (client === null) return;
    await act(client);
    this.#begin(isRude ? 'drop' : 'goodbye');
    await (isRude ? client.drop() : client.end());
  }

  #domain(): string {
    return this.#random.of(this.#world.domains);
  }

  #begin(what: string): void {
    this.longest.set(this.doing, Math.max(this.longest.get(this.doing) ?? 0, this.lasts));
    this.doing = what;
    this.#since = performance.now();
    this.done[what] = (this.done[what] ?? 0) + 1;
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#over }).catch(() => undefined);
  }
}
