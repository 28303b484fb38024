import type { ServerChannel } from 'ssh2';
import type { OutputSender } from './channel-output.js';
import type { Rekeying } from './rekeying.js';
import type { Ssh2Protocol } from './ssh2-private.js';
import type { Transport } from './transport.js';

/** With more bytes than this in the socket, output waits in its channel, where it is bounded. */
const SOCKET_FULL = 256 * 1024;
const STDERR = 1;

/** Sends the messages of session channels; none after the connection has begun to close. */
export class ChannelSender implements OutputSender {
  readonly #protocol: Ssh2Protocol;
  readonly #transport: Transport;
  readonly #rekeying: Rekeying;

  constructor(protocol: Ssh2Protocol, transport: Transport, rekeying: Rekeying) {
    this.#protocol = protocol;
    this.#transport = transport;
    this.#rekeying = rekeying;
  }

  get isReady(): boolean {
    return this.#transport.isWritable && !this.#rekeying.isBusy && this.pendingBytes < SOCKET_FULL;
  }

  get pendingBytes(): number {
    return this.#transport.pendingBytes;
  }

  channelData(remote: number, data: Buffer): void {
    if (!this.#transport.isWritable) return;
    this.#protocol.channelData(remote, data);
    this.#rekeying.count(data.length);
  }

  channelStderr(remote: number, data: Buffer): void {
    if (this.#transport.isWritable) this.#protocol.channelExtData(remote, data, STDERR);
  }

  adjust(remote: number, bytes: number): void {
    if (this.#transport.isWritable) this.#protocol.channelWindowAdjust(remote, bytes);
  }

  /** Sends exit status, EOF and CLOSE. */
  exit(remote: number, status: number, channel: ServerChannel): void {
    if (!this.#transport.isWritable) return;
    this.#protocol.exitStatus(remote, status);
    // At its 'finish', which comes at once, ssh2 sends the other two and keeps account of them.
    channel.end();
  }

  answer(remote: number, success: boolean): void {
    if (!this.#transport.isWritable) return;
    if (success) this.#protocol.channelSuccess(remote);
    else this.#protocol.channelFailure(remote);
  }

  close(remote: number): void {
    if (this.#transport.isWritable) this.#protocol.channelClose(remote);
  }
}
