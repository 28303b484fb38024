import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerminalClient } from '../../support/terminal-client.js';
import type { Dom0Shell } from '../lab/dom0-shell.js';

const PATIENCE_MS = 240_000;

/** Records what commands print in dom0, as the files of test/fixtures/xl-4.17 have it. */
export class Recorder {
  readonly #shell: Dom0Shell;
  readonly #directory: string;

  constructor(shell: Dom0Shell, directory: string) {
    this.#shell = shell;
    this.#directory = directory;
  }

  /** Runs commands one after another, and writes their text, streams and exit statuses to one file. */
  async commands(name: string, commands: readonly string[], before = '', adds = false): Promise<void> {
    let text = '';
    for (const command of commands) {
      const began = performance.now();
      // The reading end closes with the command, although a daemon that it leaves holds the writing one.
      const { status, stdout, stderr } = await this.#shell.run('bash -s', `${before}${command}\n`);
      const took = ((performance.now() - began) / 1000).toFixed(2);
      text += `$ ${command}\n--- stdout\n${line(stdout)}--- stderr\n${line(stderr)}--- exit code: ${String(status)}   (took ${took} s)\n\n`;
    }
    // As the first recording: a carriage return that xl quotes is a line end here.
    const plain = text.replaceAll('\r', '\n');
    if (adds) appendFileSync(join(this.#directory, `${name}.txt`), plain);
    else this.#write(name, plain);
  }

  /**
   * Runs a command on a terminal, as a line `# pt COMMAND -- STEPS` says. Steps are `s:TEXT` to send (`\r`
   * and `\xHH` are escapes), `x:PATTERN` to wait for, `w:SECONDS` to wait, `e:SECONDS` to wait for its end.
   */
  async terminal(name: string, pt: string): Promise<void> {
    const [command = '', steps = ''] = pt.replace(/^# pt /, '').split(' -- ');
    const began = performance.now();
    const words = ['-F', this.#shell.sshConfig, '-tt', 'dom0', '--', quoted(command)];
    const client = new TerminalClient('ssh', words);
    let text = `${pt}\n`;
    let told = 0;
    const note = (what: string): void => {
      text += client.raw.slice(told);
      told = client.raw.length;
      text += `\n[${((performance.now() - began) / 1000).toFixed(2).padStart(6)}] ${what}\n`;
    };
    try {
      for (const step of steps.split(/ (?=[sxwe]:)/)) {
        const what = step.slice(2);
        if (step.startsWith('s:')) {
          note(`send ${what}`);
          client.type(unescaped(what));
        } else if (step.startsWith('x:')) {
          const pattern = what.replace(/@\d+$/, '');
          const from = told;
          const came = await until(client, (raw) => new RegExp(pattern).test(raw.slice(from)));
          note(came ? `matched /${pattern}/` : `EOF while waiting for /${pattern}/`);
        } else if (step.startsWith('w:')) {
          await new Promise((resolve) => setTimeout(resolve, Number(what) * 1000));
        } else {
          // An emulated host takes longer than the one that was recorded first.
          const status = await client.ends(Number(what) * 4_000).catch(() => 'none');
          note(`exit status ${String(status)}`);
        }
      }
    } finally {
      note('the end');
      client.kill();
      this.#write(name, text.replaceAll('\r\n', '\n'));
    }
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#directory, `${name}.txt`), text);
  }
}

/** Waits until the text holds, or the program has ended. @returns whether the text came to hold */
async function until(client: TerminalClient, holds: (raw: string) => boolean): Promise<boolean> {
  const began = performance.now();
  const ended = client.ends(PATIENCE_MS).then(
    () => true,
    () => true,
  );
  while (!holds(client.raw)) {
    if (performance.now() - began > PATIENCE_MS) return false;
    const soon = new Promise<boolean>((resolve) => {
      setTimeout(resolve, 100, false);
    });
    if (await Promise.race([ended, soon])) return holds(client.raw);
  }
  return true;
}

/** A text ends with a line end, so that the next mark begins a line. */
function line(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Words with a quote or bracket in them are one argument each, as in a recorded line. */
function quoted(command: string): string {
  const words = command.match(/(?:[^\s"[\]]|"[^"]*"|\[[^\]]*\])+/g) ?? [];
  return words.map((word) => `'${word}'`).join(' ');
}

function unescaped(text: string): string {
  return text
    .replaceAll('\\r', '\r')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
