import { request } from '../../wire/http.js';
import { Patience } from '../../wire/patience.js';
import { reason } from '../../wire/reason.js';
import { VERBS, WIRE_VERSION } from '../../wire/contract.js';
import type { Contract } from '../../wire/contract.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { dom0SocketPath } from '../installation/dom0-socket-path.js';
import { readContract } from '../../wire/contract-answer.js';

const TIMEOUT_MS = 5000;
/** Further unmanaged files are only counted. */
const MOST_SHOWN = 40;

/** How to mend a dom0 half that does not answer, by the system's error code. */
const MENDS: Readonly<Record<string, string>> = {
  ENOENT: 'start the dom0 half (systemctl start postern-dom0), or the tunnel to its host (postern-host@NAME)',
  ECONNREFUSED:
    'start the dom0 half (systemctl start postern-dom0), or the tunnel to its host (postern-host@NAME)',
  EACCES: "put the gate's user into the group of the socket, or run this as the gate's user or with sudo",
};

/** Whether a dom0 half answers on its socket and speaks our version. */
export async function checkDom0(subject: string, socket: string): Promise<Diagnosis> {
  let text: string;
  try {
    text = (await askDom0(socket, '/contract')).text;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const mend = MENDS[code] ?? 'see the log of the dom0 half (journalctl -u postern-dom0)';
    return fail(subject, `the dom0 half does not answer on ${socket}: ${reason(error)}`, mend);
  }
  let contract: Contract;
  try {
    contract = readContract(JSON.parse(text));
  } catch (error) {
    return fail(
      subject,
      `the program on ${socket} does not speak version ${WIRE_VERSION}: ${reason(error)}`,
      'upgrade the dom0 half first, then the gate',
    );
  }
  const { host, verbs, profiles, troubles = [], unmanaged = [] } = contract;
  if (troubles.length > 0) {
    return fail(
      subject,
      `${host} answers, but: ${troubles.join(' ')}`,
      "make room on the disk of the host's state directory, or make it writable; no restart is needed",
    );
  }
  // A host without images in its settings has no reinstallation.
  const missing = VERBS.filter((verb) => verb !== 'reinstall' && !verbs.includes(verb));
  if (missing.length > 0) {
    return warn(
      subject,
      `${host} cannot do ${missing.join(', ')}`,
      'upgrade the dom0 half, or see its settings (profiles, sysrqKeys)',
    );
  }
  if (contract.names !== true) {
    return warn(
      subject,
      `${host} does not list the domains that run there without a configuration file`,
      'upgrade the dom0 half; until then a gate with several hosts starts nothing on its other hosts',
    );
  }
  if (unmanaged.length > 0) {
    const files = unmanaged.slice(0, MOST_SHOWN).map(({ file, why }) => `${file} (${why})`);
    const more = unmanaged.length > MOST_SHOWN ? `, and ${unmanaged.length - MOST_SHOWN} more` : '';
    return warn(
      subject,
      `${host} answers; files that are not managed: ${files.join(', ')}${more}`,
      'mend, rename or remove them, or narrow domains in dom0.yaml',
    );
  }
  return ok(
    subject,
    `${host} answers; rescue profiles: ${profiles.map(({ name }) => name).join(', ') || 'none'}`,
  );
}

/**
 * @param timeout until the whole answer is there, milliseconds
 * @throws the system's error when nobody answers
 */
export async function askDom0(
  socket: string,
  path: string,
  timeout = TIMEOUT_MS,
): Promise<{ readonly status: number; readonly text: string }> {
  const socketPath = await dom0SocketPath(socket);
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => {
        patience.stop();
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.once('error', failed);
    });
    const failed = (error: Error): void => {
      patience.stop();
      reject(error);
    };
    const patience = new Patience(timeout, () => {
      const late = new Error(`no answer within ${timeout / 1000} s`);
      failed(late);
      asked.destroy(late);
    });
    asked.on('error', failed);
    asked.end();
  });
}
