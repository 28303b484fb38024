import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from './raw-ssh.js';
import type { Changes, SoftAuthenticator } from './soft-authenticator.js';

/** Numbers of the agent protocol (draft-ietf-sshm-ssh-agent §6.1). */
const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

/** An ssh-agent whose keys are in software authenticators, for a real ssh client (`IdentityAgent`). */
export class SecurityKeyAgent {
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-agent-'));
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The authenticators that are plugged in. */
  keys: readonly SoftAuthenticator[] = [];
  /** Certificates over them, which are offered as well. */
  certificates: ReadonlyMap<SoftAuthenticator, Buffer> = new Map();
  /** How the next signatures differ from honest ones. */
  changes: Changes = {};

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      this.#serve(socket);
    });
  }

  get socket(): string {
    return join(this.#directory, 'agent');
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(this.socket, resolve);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
        const end = 4 + waiting.readUInt32BE(0);
        socket.write(encode(this.#answer(waiting.subarray(4, end))));
        waiting = waiting.subarray(end);
      }
    });
  }

  #identities(): { readonly blob: Buffer; readonly key: SoftAuthenticator }[] {
    const plain = this.keys.map((key) => ({ blob: key.blob, key }));
    return [...plain, ...[...this.certificates].map(([key, blob]) => ({ blob, key }))];
  }

  #answer(request: Buffer): Buffer {
    switch (request[0]) {
      case REQUEST_IDENTITIES: {
        const listed = this.#identities().map(({ blob, key }) => [encode(blob), encode(key.type)]);
        return Buffer.concat([Buffer.from([IDENTITIES_ANSWER]), encode(listed.length), ...listed.flat()]);
      }
      case SIGN_REQUEST: {
        const blob = stringAt(request, 1);
        const key = this.#identities().find((one) => one.blob.equals(blob))?.key;
        if (key === undefined) return Buffer.from([FAILURE]);
        const signature = key.sign(stringAt(request, 5 + blob.length), this.changes);
        return Buffer.concat([Buffer.from([SIGN_RESPONSE]), encode(signature)]);
      }
      default:
        return Buffer.from([FAILURE]);
    }
  }
}

function stringAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
}
