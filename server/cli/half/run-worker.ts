import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { GateSettings } from '../../../config/gate-settings.js';
import { isRefusal } from '../../../policy/refusal.js';
import { HostKeys } from '../../gate/ssh/host-keys.js';
import { Worker } from '../../gate/worker.js';
import type { Batch, Begin, FromWorker, ToWorker } from '../../gate/workers/messages.js';
import { Outbox } from '../../gate/workers/outbox.js';
import { DATABASE } from '../../store/state-directory.js';
import { shareState } from '../../store/state-lock.js';
import { Store } from '../../store/store.js';
import { policyOfTexts } from '../admin/policy-files.js';
import { CliError } from '../command/exit-status.js';
import { VERSION } from '../command/version.js';
import { FaultScope } from '../../wire/fault-scope.js';
import { startFault } from './half.js';
import { openLog } from './log.js';
import { openUsage } from './open-usage.js';
import { keepNativeMemorySmall } from './native-memory.js';
import { keepHeapSmall } from './small-heap.js';

/** Milliseconds. After this the process exits even if stopping has not finished. */
const LEAVE_MS = 8_000;

/**
 * Runs a worker of a gate, which its coordinator starts and tells what to do.
 *
 * @throws CliError when no coordinator started this process
 */
export async function runWorker(): Promise<void> {
  if (process.send === undefined)
    throw new CliError('`postern gate` starts its workers by itself: set `workers` in gate.yaml');
  // The coordinator hears of signals and tells its workers. A signal to the whole group must not end them first.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  const outbox = new Outbox<FromWorker>({
    get connected() {
      return process.connected;
    },
    send: (message, handle, callback) => process.send?.(message, handle, undefined, callback) ?? false,
  });
  const waiting: [Batch<ToWorker>, Socket | undefined][] = [];
  let worker: Worker | null = null;
  let isOrphaned = false;
  const exit = (status: number): void => {
    setTimeout(() => process.exit(status), LEAVE_MS).unref();
  };
  process.once('disconnect', () => {
    isOrphaned = true;
    exit(1);
    if (worker === null) process.exit(1);
    worker.orphaned();
  });
  const begun = await new Promise<Begin>((resolve) => {
    process.on('message', (batch: Batch<ToWorker>, socket: Socket | undefined) => {
      const [first] = batch;
      if (worker !== null) worker.heard(batch, socket);
      else if (first?.kind === 'begin') {
        waiting.push([batch.slice(1), socket]);
        resolve(first);
      } else waiting.push([batch, socket]);
    });
  });
  // Sent by a coordinator that runs the same program, from settings that it has read.
  const settings = begun.settings as GateSettings;
  const log = openLog('gate', settings.log.level, { worker: begun.worker });
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      if (FaultScope.take(error)) return;
      log.fatal({ err: error, kind }, 'half.fault');
      exit(1);
      if (worker === null) process.exit(1);
      void worker.stop('A fault has ended this part of the service; log in again.');
    });
  }
  try {
    if (begun.version !== VERSION)
      throw new CliError(`the gate is Postern ${begun.version} and this is ${VERSION}: restart the gate`);
    shareState(settings.state);
    const store = Store.open(join(settings.state, DATABASE), { shared: true });
    worker = new Worker({
      begin: begun,
      settings,
      store,
      usageHistory: openUsage(settings.state, false, log),
      hostKeys: new HostKeys(settings),
      readPolicy: (texts) => {
        const policy = policyOfTexts(texts);
        if (isRefusal(policy)) throw new Error(policy.message);
        return policy;
      },
      outbox,
      log,
      stopped: () => {
        outbox.flush();
        if (process.connected) process.disconnect();
        process.exit(isOrphaned ? 1 : 0);
      },
    });
    for (const [batch, socket] of waiting.splice(0)) worker.heard(batch, socket);
    await worker.start();
    keepNativeMemorySmall();
    keepHeapSmall();
  } catch (error) {
    log.fatal(startFault(error), 'worker.not-started');
    process.exit(1);
  }
}
