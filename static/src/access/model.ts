// What the server says of people, screens and programs, as it says it.

export type Role = "viewer" | "dispatcher" | "administrator";
export type Fact = "driver" | "registration" | "speed" | "address";
export type TokenKind = "program" | "display" | "metrics";

export interface Sight {
  groups: "all" | string[];
  /** Facts that are not shown; absent means none. */
  hide?: Fact[];
}

export interface Me {
  id?: string | number;
  name: string;
  role: Role;
  kind: "person" | "display" | "program" | "metrics" | "local";
  sight: Sight;
  /** Of a person; who only comes in by others has none. */
  has_password?: boolean;
}

export interface SignIn {
  password: boolean;
  oidc?: { name: string; href: string };
}

export interface Session {
  id: string;
  user: { id: number; name: string };
  made_at: string;
  seen_at: string;
  from: string;
  agent: string;
  is_this: boolean;
}

export interface User {
  id: number;
  name: string;
  role: Role;
  sight: Sight;
  is_disabled: boolean;
  has_password: boolean;
  is_external: boolean;
  made_at: string;
  entered_at?: string;
}

export interface Token {
  id: string;
  kind: TokenKind;
  name: string;
  sight: Sight;
  expires_at?: string;
  net?: string;
  made_by: string;
  made_at: string;
  seen_at?: string;
}

export interface WaitingScreen {
  from: string;
  agent: string;
  asked_at: string;
}

export interface AuditEntry {
  n: number;
  at: string;
  who: string;
  /** Absent where it was done on the machine itself. */
  address?: string | null;
  what: string;
  subject?: string | null;
}
