import type { Session as Ssh2Session } from 'ssh2';
import { INPUT_WINDOW } from './channel-input.js';
import { SessionChannel } from './session-channel.js';
import type { ChannelEvents } from './session-channel.js';
import type { Ssh2PrivateParts } from './ssh2-private.js';
import type { ChannelSender } from './channel-sender.js';

/** What the table asks of its connection, and tells it. */
interface ChannelTableEvents {
  /** @returns a sentence when no session may be opened now */
  refuses(): string | null;
  /** Makes the callbacks of a channel. @param number counts the channels of the connection from 1 */
  channel(number: number): ChannelEvents;
  /** The last channel has gone. */
  emptied(): void;
}

/** RFC 4254 §5.1. */
const OPEN_FAILURE = { prohibited: 1, resourceShortage: 4 } as const;
/**
 * OpenSSH sends 32 KiB at most. With 0, ssh2 would write for ever, and with little more a customer's output
 * would crawl.
 */
const PACKET_SIZE = { least: 1024, most: 32 * 1024 } as const;

/**
 * The session channels of one connection. It stands before ssh2's own message handlers, because of what those
 * let through: any packet size, any number of sessions, more than the window, closes that are never answered,
 * and `break`.
 */
export class ChannelTable {
  readonly #sender: ChannelSender;
  readonly #most: number;
  readonly #events: ChannelTableEvents;
  readonly #channels = new Map<number, SessionChannel>();
  #opened = 0;

  /** @param most session channels at once */
  constructor(parts: Ssh2PrivateParts, sender: ChannelSender, most: number, events: ChannelTableEvents) {
    this.#sender = sender;
    this.#most = most;
    this.#events = events;
    this.#standBefore(parts);
  }

  get size(): number {
    return this.#channels.size;
  }

  /** The ids of the sessions that its channels have. */
  get sessions(): readonly string[] {
    return [...this.#channels.values()].map(({ session }) => session);
  }

  /** Call it when ssh2 has let a session channel through. */
  open(session: Ssh2Session): void {
    const channel = new SessionChannel(session, this.#sender, this.#events.channel(this.#opened));
    this.#channels.set(channel.local, channel);
  }

  /** Call it when the connection can send again. */
  flush(): void {
    for (const channel of this.#channels.values()) channel.flush();
  }

  /** Call it when the connection is lost. */
  closeAll(): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.closed(true);
  }

  #standBefore({ protocol, channels }: Ssh2PrivateParts): void {
    const handlers = protocol._handlers;
    const { CHANNEL_OPEN, CHANNEL_REQUEST, CHANNEL_CLOSE } = handlers;
    handlers.CHANNEL_OPEN = (proto, info) => {
      const no = info.type === 'session' ? this.#refuses(info.packetSize) : null;
      if (no !== null) {
        proto.channelOpenFail(info.sender, no.reason, no.sentence);
        return;
      }
      CHANNEL_OPEN(proto, { ...info, packetSize: Math.min(info.packetSize, PACKET_SIZE.most) });
    };
    handlers.CHANNEL_DATA = (_proto, recipient, data) => {
      this.#channels.get(recipient)?.receive(data);
    };
    handlers.CHANNEL_WINDOW_ADJUST = (_proto, recipient, bytes) => {
      this.#channels.get(recipient)?.credit(bytes);
    };
    handlers.CHANNEL_REQUEST = (proto, recipient, type, wantReply, data) => {
      const done = this.#channels.get(recipient)?.request(type, wantReply, data) ?? false;
      if (!done) CHANNEL_REQUEST(proto, recipient, type, wantReply, data);
    };
    handlers.CHANNEL_CLOSE = (proto, recipient) => {
      CHANNEL_CLOSE(proto, recipient);
      const channel = this.#channels.get(recipient);
      if (channel === undefined) return;
      this.#channels.delete(recipient);
      channel.closed(false);
      channels.remove(recipient);
      if (this.#channels.size === 0) this.#events.emptied();
    };
    // ssh2 gives a window of 2 MiB per channel, too much to hold for each.
    const confirm = protocol.channelOpenConfirm.bind(protocol);
    protocol.channelOpenConfirm = (remote, local, _window, packetSize) => {
      confirm(remote, local, INPUT_WINDOW, packetSize);
    };
  }

  #refuses(packetSize: number): { reason: number; sentence: string } | null {
    if (packetSize < PACKET_SIZE.least) {
      return { reason: OPEN_FAILURE.prohibited, sentence: 'the maximum packet size is too small' };
    }
    if (this.#channels.size >= this.#most) {
      return { reason: OPEN_FAILURE.resourceShortage, sentence: 'too many sessions in one connection' };
    }
    const sentence = this.#events.refuses();
    if (sentence !== null) return { reason: OPEN_FAILURE.prohibited, sentence };
    this.#opened += 1;
    return null;
  }
}
