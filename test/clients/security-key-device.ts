import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStrings } from '../../server/gate/keys/ssh-fields.js';
import { run } from '../support/house.js';
import { PRESENT, SoftAuthenticator, VERIFIED } from '../support/soft-authenticator.js';

const MIDDLEWARE = fileURLToPath(new URL('../../../test/clients/programs/security-key.c', import.meta.url));
/** Flags and errors of OpenSSH's sk-api.h. */
const TOUCH_WANTED = 0x01;
const PIN_WANTED = 0x04;
const PIN_REQUIRED = 'error -3';
const REFUSED = 'error -1';

/** A key on the device, with its files as ssh-keygen(1) writes them. */
export interface DeviceKey {
  readonly file: string;
  readonly blob: Buffer;
  readonly fingerprint: string;
}

/**
 * A security key that OpenSSH reaches by its own way, `SecurityKeyProvider` and ssh-sk-helper(8). It is software from
 * there on. It has a PIN, and asks for a touch and for the PIN as a device does.
 */
export class SecurityKeyDevice {
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-security-key-'));
  readonly #server: Server;
  readonly #keys = new Map<string, SoftAuthenticator>();
  readonly pin = '493817';
  /** Whether somebody touches it when it asks. */
  isTouched = true;
  /** Counts for all its keys. */
  counter = 0;

  constructor() {
    this.#server = createServer((socket) => {
      let line = '';
      socket.on('error', () => undefined);
      socket.setEncoding('latin1').on('data', (text: string) => {
        line += text;
        if (line.endsWith('\n')) socket.end(`${this.#answer(line.trimEnd().split(' '))}\n`);
      });
    });
  }

  /** @throws Error when there is no compiler */
  async plugIn(): Promise<void> {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.provider, MIDDLEWARE]);
    await new Promise<void>((resolve) => {
      this.#server.listen(join(this.#directory, 'socket'), resolve);
    });
  }

  async remove(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get provider(): string {
    return join(this.#directory, 'middleware.so');
  }

  /** Variables for a program of OpenSSH; `typed` is what its user answers to a question. */
  env(typed = ''): Record<string, string> {
    const answer = join(this.#directory, `answer-${typed}`);
    writeFileSync(answer, `#!/bin/sh\necho '${typed}'\n`, { mode: 0o755 });
    return {
      SECURITY_KEY_SOCKET: join(this.#directory, 'socket'),
      SSH_ASKPASS: answer,
      SSH_ASKPASS_REQUIRE: 'force',
    };
  }

  /** Makes a key by ssh-keygen(1). @param options `verify-required`, `no-touch-required`, `application=ssh:…` */
  async make(type: 'ed25519-sk' | 'ecdsa-sk', options: readonly string[] = []): Promise<DeviceKey> {
    const file = join(this.#directory, `key-${this.#keys.size}`);
    const flags = options.flatMap((option) => ['-O', option]);
    const args = ['-q', '-t', type, '-w', this.provider, ...flags, '-N', '', '-f', file];
    const env = Object.entries(this.env(this.pin)).map(([name, value]) => `${name}=${value}`);
    const { status, stderr } = await run('env', [...env, 'ssh-keygen', ...args], '');
    if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
    const [, base64 = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    const blob = Buffer.from(base64, 'base64');
    const key = [...this.#keys.values()].find((one) => one.blob.equals(blob));
    if (key === undefined) throw new Error('ssh-keygen made another key than the device');
    return { file, blob, fingerprint: key.fingerprint };
  }

  #answer([verb, ...words]: readonly string[]): string {
    return verb === 'enroll' ? this.#enroll(words) : this.#sign(words);
  }

  #enroll([algorithm, , application]: readonly string[]): string {
    const key = new SoftAuthenticator(algorithm === '1' ? 'ed25519' : 'ecdsa', application);
    const handle = `${this.#keys.size + 1}`.padStart(16, '0');
    this.#keys.set(handle, key);
    const publicKey = readStrings(key.blob)?.at(-2) ?? Buffer.alloc(0);
    return `ok ${publicKey.toString('hex')} ${handle}`;
  }

  #sign([wanted, pin, handle = '', application, data = '']: readonly string[]): string {
    const key = this.#keys.get(handle);
    const asked = Number(wanted);
    if (key?.application !== application || key === undefined) return REFUSED;
    const isVerified = pin === Buffer.from(this.pin).toString('hex');
    if ((asked & PIN_WANTED) !== 0 && !isVerified) return PIN_REQUIRED;
    const isPresent = (asked & TOUCH_WANTED) !== 0;
    if (isPresent && !this.isTouched) return REFUSED;
    this.counter += 1;
    const flags = (isPresent ? PRESENT : 0) | (isVerified ? VERIFIED : 0);
    const whole = key.sign(Buffer.from(data, 'hex'), { flags, counter: this.counter });
    const bare = readStrings(whole.subarray(0, -5))?.[1] ?? Buffer.alloc(0);
    const halves = key.type.startsWith('sk-ecdsa') ? (readStrings(bare) ?? []) : [bare];
    const [r, s] = halves.map((half) => half.toString('hex'));
    return `ok ${flags} ${this.counter} ${r} ${s ?? '-'}`;
  }
}
