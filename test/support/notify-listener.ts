import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.js';

/** Receives datagrams, which Node.js cannot: one line each, with their line ends as U+001F. */
const RECEIVE = `use Socket; $| = 1;
my $name = $ARGV[0]; $name =~ s/^\\@/\\0/;
socket(SOCKET, PF_UNIX, SOCK_DGRAM, 0) && bind(SOCKET, sockaddr_un($name)) or die "$!";
print "listening\\n";
my $m;
while (defined recv(SOCKET, $m, 4096, 0)) { $m =~ s/\\n/\\x1f/g; print "$m\\n"; }`;

/** A socket as systemd's, in a process of its own. */
export class NotifyListener {
  /** An absolute path, or `@` and an abstract name. */
  readonly socket: string;
  /** All that was told, oldest first, each message as its words: `READY=1`, `STATUS=…`. */
  readonly messages: (readonly string[])[] = [];
  readonly #child: ChildProcess;

  /** Use `open`. */
  constructor(socket: string, child: ChildProcess) {
    this.socket = socket;
    this.#child = child;
  }

  static async open(socket: string): Promise<NotifyListener> {
    const child = spawn('perl', ['-e', RECEIVE, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    const listener = new NotifyListener(socket, child);
    const lines = createInterface({ input: child.stdout });
    const [heard] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
    if (heard === undefined) throw new Error('perl, with which the test listens as systemd does, has ended');
    lines.on('line', (line: string) => listener.messages.push(line.split('\u001f')));
    return listener;
  }

  /** All words that were told, in their order. */
  get words(): readonly string[] {
    return this.messages.flat();
  }

  /** Waits until this word comes, at or after a place in `words`. */
  async told(word: string | RegExp, from = 0): Promise<string> {
    return eventually(
      `systemd to be told ${String(word)}`,
      () =>
        this.words.slice(from).find((said) => (typeof word === 'string' ? said === word : word.test(said))),
      { instead: () => this.words },
    );
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
