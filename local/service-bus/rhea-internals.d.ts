/**
 * The parts of rhea 3 that its own type definitions leave out and this broker needs: bytes instead of decoded
 * messages, the credit of a link, and the moment a delivery is on the wire. Checked by the conformance tests only,
 * so raise the version of rhea with them.
 */
import type { Socket } from "node:net";

declare module "rhea/typings/session.js" {
  interface Session {
    readonly outgoing: Outgoing;
    on_transfer: (frame: TransferFrame) => void;
    on_disposition: (frame: DispositionFrame) => void;
    on_flow: (frame: FlowFrame) => void;
    output(performative: object): void;
  }

  interface Outgoing {
    readonly next_pending_delivery: number;
    readonly next_delivery_id: number;
    /** Frames the client will still take on this session. */
    transfer_window(): number;
    readonly deliveries: { pop_if(done: (delivery: { readonly id: number }) => boolean): number };
    process: () => void;
  }

  interface TransferFrame {
    readonly performative: { message_format?: number };
  }

  interface FlowFrame {
    /** Absent when the flow is about the window of the session and not about a link. */
    readonly performative: { readonly handle?: number | null };
  }

  interface DispositionFrame {
    readonly performative: {
      readonly role: boolean;
      readonly first: number;
      readonly last?: number | null;
      readonly settled?: boolean | null;
      readonly state?: unknown;
    };
  }
}

declare module "rhea/typings/link.js" {
  interface link {
    readonly local: {
      readonly attach: { snd_settle_mode?: number; rcv_settle_mode?: number; max_message_size?: number };
    };
    credit: number;
    delivery_count: number;
    issue_flow: boolean;
  }

  interface Sender {
    readonly _draining: boolean;
    _get_drain: () => boolean;
  }
}

declare module "rhea/typings/connection.js" {
  interface Connection {
    readonly socket: Socket;
    _register(): void;
  }
}

declare module "rhea/typings/message.js" {
  interface message {
    accepted(): { described(): object };
    rejected(fields: { readonly error: object }): { described(): object };
  }
}
