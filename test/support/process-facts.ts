import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

/** What the kernel knows of a running process. (proc(5)) */
export class ProcessFacts {
  readonly #folder: string;

  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
  }

  /** The most bytes that were resident since `forgetPeak`. */
  get peak(): number {
    return this.#number('status', 'VmHWM') * 1024;
  }

  /** Bytes that it read, from whatever. */
  get bytesRead(): number {
    return this.#number('io', 'rchar');
  }

  /** Clock ticks of CPU, a hundred a second, of all its threads. */
  get cpuTicks(): number {
    const [, ...fields] = this.#read('stat').slice(this.#read('stat').lastIndexOf(')')).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }

  /** What each open descriptor is: `socket`, `/dev/ptmx`, a path. */
  get descriptors(): readonly string[] {
    return readdirSync(`${this.#folder}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`${this.#folder}/fd/${fd}`).replace(/:\[.*/, '')];
      } catch {
        return [];
      }
    });
  }

  /** Its children's process ids. */
  get children(): readonly number[] {
    return readdirSync(`${this.#folder}/task`).flatMap((thread) =>
      this.#read(`task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  }

  /** The peak is counted from what is resident now. */
  forgetPeak(): void {
    writeFileSync(`${this.#folder}/clear_refs`, '5');
  }

  #number(file: string, name: string): number {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(this.#read(file))?.[1]);
  }

  #read(file: string): string {
    return readFileSync(`${this.#folder}/${file}`, 'utf8');
  }
}
