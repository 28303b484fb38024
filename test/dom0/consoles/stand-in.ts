import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import type { PtyCommand } from '../../../server/dom0/process/pty.js';

/**
 * Behaves like xenconsole: it takes a lock, uses a raw terminal, ends on Ctrl-], and exits with 0 when the
 * domain goes.
 */
const SCRIPT = `
const { connect } = require('node:net');
const { appendFileSync, existsSync } = require('node:fs');
const [folder, domid] = process.argv.slice(1);
if (existsSync(folder + '/lock.' + domid)) {
  appendFileSync(folder + '/refused', '.');
  process.stderr.write('xenconsole: Could not lock /var/lock/xenconsole.' + domid + ': Resource temporarily unavailable\\n');
  process.exit(11);
}
const guest = connect(folder + '/guest.sock', () => {
  // Node's own setRawMode leaves the terminal to turn line feeds into two bytes; xenconsole does not.
  require('node:child_process').execFileSync('stty', ['raw', '-echo'], { stdio: 'inherit' });
  guest.write(domid + '\\n');
});
const end = (code) => { process.exit(code); };
guest.on('error', () => { process.stderr.write('Unable to attach console\\n'); process.exit(1); });
guest.on('end', () => process.stdout.write('', () => end(0)));
guest.on('data', (bytes) => { if (!process.stdout.write(bytes)) { guest.pause(); process.stdout.once('drain', () => guest.resume()); } });
process.stdin.on('data', (bytes) => {
  const escape = bytes.indexOf(0x1d);
  if (escape < 0) { if (!guest.write(bytes)) { process.stdin.pause(); guest.once('drain', () => process.stdin.resume()); } return; }
  end(0);
});
`;

/** The domain's end of a stand-in console. */
export class Guest {
  readonly domid: number;
  readonly socket: Socket;
  readonly #typed: Buffer[] = [];

  constructor(domid: number, socket: Socket) {
    this.domid = domid;
    this.socket = socket;
    socket.on('data', (bytes) => this.#typed.push(bytes));
    socket.on('error', () => undefined);
  }

  say(text: string | Buffer): void {
    this.socket.write(text);
  }

  get typed(): string {
    return Buffer.concat(this.#typed).toString('latin1');
  }
}

/** A toolstack whose consoles are scripts. The test plays the guests. */
export class StandIn {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-console-'));
  readonly guests: Guest[] = [];
  /** Whether there is no such domain. */
  refuse = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      let head = '';
      const onData = (bytes: Buffer): void => {
        head += bytes.toString('latin1');
        const end = head.indexOf('\n');
        if (end < 0) return;
        socket.off('data', onData);
        this.guests.push(new Guest(Number(head.slice(0, end)), socket));
        if (end + 1 < head.length) socket.emit('data', Buffer.from(head.slice(end + 1), 'latin1'));
      };
      socket.on('data', onData);
      socket.on('error', () => undefined);
    });
  }

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(join(standIn.folder, 'guest.sock'), resolve));
    return standIn;
  }

  command(domid: number): PtyCommand {
    const folder = this.refuse ? '/nonexistent' : this.folder;
    const args = ['-e', SCRIPT, '--', folder, String(domid)];
    return { file: process.execPath, args, env: { PATH: '/usr/bin:/bin' }, cwd: '/' };
  }

  /** Takes the lock, as an admin's own console does. */
  lock(domid: number): () => void {
    const file = join(this.folder, `lock.${domid}`);
    writeFileSync(file, '');
    return () => {
      rmSync(file);
    };
  }

  /** How often a console was requested while locked. */
  get refused(): number {
    const file = join(this.folder, 'refused');
    return existsSync(file) ? readFileSync(file).length : 0;
  }

  /** The `which`th guest with this domid, when its console has arrived. */
  async guest(domid: number, which = 0): Promise<Guest> {
    return eventually(
      `console ${which} of domid ${domid}`,
      () => this.guests.filter((guest) => guest.domid === domid)[which],
    );
  }

  stop(): void {
    for (const guest of this.guests) guest.socket.destroy();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
