import { request } from '../../wire/http.js';
import type { IncomingMessage } from 'node:http';
import { reason } from '../../wire/reason.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { dom0SocketPath } from '../installation/dom0-socket-path.js';
import { refused } from '../command/refused.js';
import { readOrRefuse } from '../../wire/answer-fields.js';
import { readWireRefusal } from '../../wire/answers.js';

/**
 * Sends a request to the dom0 half on its socket.
 *
 * @param body sent as JSON when it is given
 * @returns the answer's JSON
 * @throws CliError when dom0 does not answer or refuses
 */
export async function askDom0(
  socket: string,
  method: 'GET' | 'PUT',
  path: string,
  body?: object,
): Promise<unknown> {
  const socketPath = await dom0SocketPath(socket);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path, method, agent: false })
      .once('response', resolve)
      .once('error', (error) => {
        reject(unreachable(socket, error));
      })
      .end(body === undefined ? '' : JSON.stringify(body));
  });
  if (response.statusCode !== 200) throw await refusedBy(response);
  return json(response);
}

/** Reads the refusal in an answer whose status is not 2xx. */
export async function refusedBy(response: IncomingMessage): Promise<CliError> {
  const no = readOrRefuse(readWireRefusal, await json(response));
  return refused(
    isRefusal(no)
      ? refusal('internal', `dom0 answered with status ${response.statusCode ?? 0}`)
      : { ...no, refused: true },
  );
}

export function unreachable(socket: string, error: NodeJS.ErrnoException): CliError {
  const mend =
    error.code === 'EACCES'
      ? 'run this with sudo'
      : 'is the dom0 half running on this machine (systemctl status postern-dom0)?';
  return new CliError(
    `the dom0 half does not answer on ${socket}: ${reason(error)}; ${mend}`,
    EXIT.hostUnreachable,
  );
}

async function json(response: IncomingMessage): Promise<unknown> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
