import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { badImage } from '../images/images.js';
import type { ImageEnd } from '../images/image-writer.js';
import type { DiskFile } from '../images/image-job.js';
import type { Creation } from './creation.js';
import { byHand, tooLate } from './creation-refusals.js';
import { existsAs } from './admission.js';
import type { Endings } from './endings.js';
import { pause, unlessHalted } from './halt.js';
import { INCOMPLETE } from './incomplete.js';
import type { Operation } from './operation.js';
import type { ReinstallTarget } from './reinstall-target.js';
import { WRITE_SECONDS } from './term.js';
import type { WorkParts } from './work-parts.js';

const WRITE = 'write';
const CHECK = 'check';
const MIB = 1024 * 1024;

/**
 * Writes a system image over a domain's first disk, then boots it. Before the first byte the journal has the
 * disk as incomplete. Whatever ends the writing, the domain stays off then, and nothing goes on by itself.
 */
export class Reinstallation {
  readonly #parts: WorkParts;
  readonly #target: ReinstallTarget;
  readonly #endings: Endings;
  readonly #creation: Creation;
  /** Images whose sum was right, by file, size and times. */
  readonly #checked = new Set<string>();

  constructor(parts: WorkParts, endings: Endings, creation: Creation) {
    this.#parts = parts;
    this.#target = parts.reinstall.target;
    this.#endings = endings;
    this.#creation = creation;
  }

  /** @returns null when the domain runs from the image */
  async run(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { records, reinstall } = this.#parts;
    const leave = await reinstall.queue.enter(signal, (place) => {
      records.moved(operation, place);
    });
    records.moved(operation, 0);
    const refused = await this.#write(operation, signal).finally(leave);
    return refused ?? this.#creation.boot(operation, signal);
  }

  /** After a half that ended while it wrote: boots a disk that became whole, and writes nothing. */
  async resume(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    if (operation.hasWritten) return this.#creation.boot(operation, signal);
    return this.#parts.incompleteDisk(operation.request.domain) === null
      ? refusal('undone', 'Postern restarted on its host. Nothing was written, and it is off.')
      : refusal('undone', `Postern restarted on its host in the middle of the writing. ${INCOMPLETE}`);
  }

  async #write(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { host, observer, disks, records } = this.#parts;
    const { domain } = operation.request;
    const wrong = await this.#examine(operation, signal);
    if (wrong !== null) return wrong;
    const refused = await this.#endings.shutDown(operation, signal);
    if (refused !== null) return refused;

    const silent = await unlessHalted(observer.look(), signal);
    if (silent !== null) return silent;
    await unlessHalted(observer.reread(), signal);
    const seen = observer.find(domain);
    if (seen === undefined) return refusal('no-such-domain', 'There is no such server any more.');
    if (seen.listed !== null) return byHand(`${domain} exists as ${seen.listed.domid}`);
    if (seen.fault !== undefined && seen.fault !== null) return seen.fault;
    const guest = observer.onTheWay(domain);
    if (guest !== null) return existsAs(domain, guest);
    const target = await unlessHalted(this.#target.find(operation.request, seen.config), signal);
    if (isRefusal(target)) return target;
    const taken = await unlessHalted(disks.conflict(domain, [target.disk]), signal);
    if (taken !== null) return taken;
    await operation.commit();
    signal.throwIfAborted();
    if (operation.isLate(host.uptime())) return tooLate(`${domain} waited past the term of the operation`);
    await records.step(operation, 'writing', 0);
    return this.#writeTo(target.file, target.disk.vdev, operation, signal);
  }

  /** Everything that can be known before the domain is stopped. */
  async #examine(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { request } = operation;
    const { observer, disks, records, seeds, transcripts } = this.#parts;
    const config = observer.find(request.domain)?.config;
    if (config === undefined) return refusal('no-such-domain', 'There is no such server any more.');
    const target = await unlessHalted(this.#target.find(request, config), signal);
    if (isRefusal(target)) return target;
    const taken = await unlessHalted(disks.conflict(request.domain, [target.disk]), signal);
    if (taken !== null) return taken;
    const late = this.#waitedTooLong(operation, target.file.bytes);
    if (late !== null) return late;
    const unseeded = await unlessHalted(seeds.make(request, config), signal);
    if (unseeded !== null) return unseeded;
    const known = await this.#target.stamp(target.image);
    if (known !== null && this.#checked.has(known)) return null;
    await records.step(operation, 'checking-image', 0);
    await transcripts.prepare();
    const end = await this.#parts.reinstall.writer.run({
      job: { image: target.image, disk: null, mibPerSecond: 1 },
      transcript: transcripts.transcript(operation.id, CHECK),
      begin: () => Promise.resolve(),
      progress: (done, total) => {
        records.progressed(operation, { done, total, secondsLeft: null });
      },
      signal,
    });
    records.progressed(operation, null);
    if (end.end !== 'done') return badImage(`${request.image ?? ''}: ${whyOf(end)}`);
    // A file that changed while it was read has another stamp now, or its sum was wrong.
    if (known !== null && known === (await this.#target.stamp(target.image))) this.#checked.add(known);
    return null;
  }

  /**
   * A writing that is cut off loses all data. So none begins when others have left too little time for the whole
   * disk. A disk for which all of the time is too short may have large parts that need no writing.
   */
  #waitedTooLong({ term, request }: Operation, bytes: number): Refusal | null {
    const { host, reinstall } = this.#parts;
    const needed = (bytes / (reinstall.mibPerSecond * MIB)) * 1000;
    const left = (term?.until ?? 0) - host.uptime();
    if (needed <= left || needed > WRITE_SECONDS * 1000) return null;
    return refusal(
      'deadline-passed',
      'Others were written before it for too long, so nothing was done. Try again.',
      `${request.domain} needs ${Math.ceil(needed / 1000)} s and has ${Math.floor(left / 1000)} s`,
    );
  }

  async #writeTo(
    disk: DiskFile,
    vdev: string,
    operation: Operation,
    signal: AbortSignal,
  ): Promise<Refusal | null> {
    const { records, reinstall, host, transcripts } = this.#parts;
    const { domain, image } = operation.request;
    const settings = this.#target.image(operation.request);
    if (isRefusal(settings) || image === undefined) return badImage(`${image ?? ''} is not there any more`);
    const tooLong = new AbortController();
    const cancel = host.after((operation.term?.until ?? 0) - host.uptime(), () => {
      tooLong.abort(new TooLongError());
    });
    const from = host.uptime();
    const writing = { hasBegun: false };
    let end: ImageEnd;
    try {
      end = await reinstall.writer.run({
        job: { image: settings, disk, mibPerSecond: reinstall.mibPerSecond },
        transcript: transcripts.transcript(operation.id, WRITE),
        begin: async () => {
          await records.note({ kind: 'disk', operation: operation.id, domain, vdev, image, isWhole: false });
          writing.hasBegun = true;
        },
        progress: (done, total) => {
          const elapsed = host.uptime() - from;
          const secondsLeft = done === 0 ? null : Math.ceil((elapsed / done) * ((total - done) / 1000));
          records.progressed(operation, { done, total, secondsLeft });
        },
        signal: AbortSignal.any([signal, tooLong.signal]),
      });
    } catch (error) {
      if (!(error instanceof TooLongError)) throw error;
      end = { end: 'failed', why: 'it took too long' };
    } finally {
      cancel();
    }
    await this.endWriters(operation, signal);
    records.progressed(operation, null);
    if (end.end !== 'done') return writing.hasBegun ? unfinished(end) : notBegun(end);
    await records.note({ kind: 'disk', operation: operation.id, domain, vdev, image, isWhole: true });
    return null;
  }

  /** Nobody writes to the disk any more when this resolves: no process of this half or of an earlier one. */
  async endWriters(operation: Operation, signal: AbortSignal): Promise<void> {
    const { transcripts, host, timings } = this.#parts;
    for (;;) {
      const writers = await transcripts.holders(operation.id, WRITE);
      if (writers.length === 0) return;
      transcripts.kill(writers);
      await pause(host, timings.poll, signal);
    }
  }
}

/** The operation's term is over. */
class TooLongError extends Error {}

function whyOf(end: ImageEnd): string {
  return 'why' in end ? end.why : 'its process was ended';
}

function notBegun(end: ImageEnd): Refusal {
  if (end.end === 'changed') return badImage(whyOf(end));
  return refusal(
    'wrong-state',
    "Its disk is in use on its host or was exchanged, so nothing was written and it is off. Ask the host's operators.",
    whyOf(end),
  );
}

function unfinished(end: ImageEnd): Refusal {
  const why = whyOf(end);
  const said =
    end.end === 'changed'
      ? 'The image was replaced on its host in the middle of the writing.'
      : why.includes('ENOSPC')
        ? 'Its host has no room left for its disk.'
        : 'Its disk could not be written to the end.';
  return refusal('toolstack-failed', `${said} ${INCOMPLETE}`, why);
}
