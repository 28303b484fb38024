import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

/** The kernel's facts about a running process. (proc(5)) */
export class ProcessFacts {
  readonly #folder: string;

  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
  }

  /** The peak of resident bytes since `forgetPeak`. */
  get peak(): number {
    return this.#number('status', 'VmHWM') * 1024;
  }

  /** Bytes that it has read, from anywhere. */
  get bytesRead(): number {
    return this.#number('io', 'rchar');
  }

  /** CPU time of all its threads, in clock ticks of 1/100 s. */
  get cpuTicks(): number {
    const fields = this.#stat();
    return Number(fields[11]) + Number(fields[12]);
  }

  /** The same, with that of its children that have ended and were waited for. */
  get cpuTicksWithEnded(): number {
    const fields = this.#stat();
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  }

  /** Whether a signal stopped it. */
  get isStopped(): boolean {
    return this.#stat()[0] === 'T';
  }

  /** How many threads it has. */
  get threads(): number {
    return this.#number('status', 'Threads');
  }

  /** Whether it has ended, and nobody has waited for it. */
  get isZombie(): boolean {
    return this.#stat()[0] === 'Z';
  }

  get parent(): number {
    return Number(this.#stat()[1]);
  }

  /** Its proportional share of resident memory: what it shares with others is divided. Bytes. */
  get proportional(): number {
    return this.#number('smaps_rollup', 'Pss') * 1024;
  }

  /** The kind of each open descriptor: `socket`, `/dev/ptmx`, a path. */
  get descriptors(): readonly string[] {
    return readdirSync(`${this.#folder}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`${this.#folder}/fd/${fd}`).replace(/:\[.*/, '')];
      } catch {
        return [];
      }
    });
  }

  /** The process ids of its children. */
  get children(): readonly number[] {
    return readdirSync(`${this.#folder}/task`).flatMap((thread) =>
      this.#read(`task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  }

  /** Resets the peak to the present resident bytes. */
  forgetPeak(): void {
    writeFileSync(`${this.#folder}/clear_refs`, '5');
  }

  /** The fields of stat from the state on. */
  #stat(): readonly string[] {
    const stat = this.#read('stat');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  }

  #number(file: string, name: string): number {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(this.#read(file))?.[1]);
  }

  #read(file: string): string {
    return readFileSync(`${this.#folder}/${file}`, 'utf8');
  }
}
