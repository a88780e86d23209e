/**
 * The registry's tables. Documents are JSON in text columns; what is filtered or sorted by has a column of its own.
 * Numbers are read through `Number()`: PostgreSQL's driver gives a bigint as text.
 */
export interface Tables {
  registry_cursor: CursorTable;
  device: DeviceTable;
  device_domain: DeviceDomainTable;
  metric: MetricTable;
  rule: RuleTable;
  alert: AlertTable;
  alert_transition: AlertTransitionTable;
  rejection: RejectionTable;
  rejection_count: RejectionCountTable;
}

/** One row: every journal entry before the cursor has been applied. */
interface CursorTable {
  id: number;
  cursor: string;
}

export interface DeviceTable {
  id: string;
  /** Id and name in lower case, for searching. */
  search_text: string;
  domains: string;
  description: string;
  label_spans: string;
  status: string;
  status_at: number | null;
  first_seen: number;
  /** Of the description's location, for looking for devices by their place. */
  lat: number | null;
  lon: number | null;
}

export interface DeviceDomainTable {
  domain: string;
  device: string;
}

interface MetricTable {
  domain: string;
  metric: string;
  definition: string;
}

interface RuleTable {
  id: string;
  deleted: number;
  rule_version: string;
}

export interface AlertTable {
  id: string;
  /** `inactive` for a pending alert that was dropped: it keeps its history and is listed nowhere. */
  state: string;
  severity: string;
  rule: string;
  domain: string | null;
  device: string | null;
  /** Journal sequence of the last transition. */
  changed_seq: number;
  alert: string;
}

export interface AlertTransitionTable {
  seq: number;
  alert_id: string;
  transition: string;
}

export interface RejectionTable {
  /** Its place among all that came: rows are trimmed and paged by it. */
  n: number;
  device: string | null;
  domain: string | null;
  reason: string;
  rejection: string;
}

interface RejectionCountTable {
  reason: string;
  count: number;
}
