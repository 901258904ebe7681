// Work on menu flows, as the daemon speaks of it.
import type { MenuFlow } from './types';

export interface DraftLine {
  name: string;
  title: string;
  base_version: number;
  updated_at: string;
  updated_by: string;
}

export interface FlowFault {
  /** Empty: of the flow as a whole. */
  node: string;
  field: string;
  message: string;
}

export interface Draft extends DraftLine {
  flow: MenuFlow;
  faults: FlowFault[];
}

/** What happens while a flow is tried out. */
export interface TrialNews {
  call_id: string;
  what: 'started' | 'node' | 'queue' | 'collected' | 'message' | 'transfer' | 'ended';
  name: string;
  value: string | null;
}

/** A menu or queue whose newest version cannot be read. */
export interface UnreadableSetting {
  kind: 'menu' | 'queue' | 'schedule' | 'lines' | 'limits' | 'limits_choice';
  name: string;
  version: number;
  /** The earlier version that is in force in its place. */
  instead: number | null;
  /** Calls meet the shipped one. */
  shipped: boolean;
}
