import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SimulatedXen } from '../support/simulated-xen.js';
import { comparable, readRecording } from './recording.js';

/** Memory of the recorded host, in MiB. */
const RECORDED_MEMORY = 2559;

const SLEEP_FACTOR = 3;

/** Runs recorded commands on a simulated host, and compares their output. */
export class Replayer {
  readonly xen: SimulatedXen;
  readonly #timeScale: number;

  constructor(xen: SimulatedXen, timeScale: number) {
    this.xen = xen;
    this.#timeScale = timeScale;
  }

  static async begin(timeScale: number): Promise<Replayer> {
    const domains = [{ name: 'horatio' }, { name: 'ophelia' }];
    const xen = await SimulatedXen.install({ timeScale, memory: RECORDED_MEMORY, domains });
    await mkdir(join(xen.host.directory, 'tmp'));
    return new Replayer(xen, timeScale);
  }

  /** Writes a file of the recorded host's `/tmp`. */
  async temporaryFile(name: string, text: string): Promise<void> {
    await writeFile(join(this.xen.host.directory, 'tmp', name), text);
  }

  /** Replays all commands of a recording, or the `wanted` ones. Text, stream and exit status must agree. */
  async same(name: string, wanted: (command: string) => boolean = () => true): Promise<void> {
    const commands = readRecording(name).filter(({ command }) => wanted(command));
    assert.notEqual(commands.length, 0, `${name} has no such command`);
    for (const recorded of commands) {
      const { directory } = this.xen.host;
      const here = await this.xen.shell(this.#line(recorded.command));
      const what = `${name}: ${recorded.command}`;
      const said = (text: string): string => comparable(text.replaceAll(directory, ''));
      assert.equal(said(here.stderr), comparable(recorded.stderr), `${what}: stderr`);
      assert.equal(said(here.stdout), comparable(recorded.stdout), `${what}: stdout`);
      assert.equal(here.status, recorded.status, `${what}: exit status`);
    }
  }

  /**
   * The command for this host: its paths, and scaled seconds. Sleeps are longer than recorded, because this
   * machine may be busy. No sleep has to end before something happens.
   */
  #line(command: string): string {
    const { directory } = this.xen.host;
    const here = command.replace(
      /(?<![\w.])\/(?=etc\/xen\/|srv\/xen\/|tmp\/|var\/log\/xen)/g,
      `${directory}/`,
    );
    const sleep = `sleep() { command sleep "$(awk "BEGIN { print $1 * ${this.#timeScale * SLEEP_FACTOR} }")"; };`;
    return `${sleep} timeout() { shift; command timeout 1 "$@"; }; ${here}`;
  }
}
