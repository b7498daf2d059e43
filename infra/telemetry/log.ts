/**
 * Logging that cannot name a person. A line is a constant code and fields of a closed set, whose values are numbers,
 * words of closed sets, or ids that went through `safe`. There is no field for free text.
 * Two nets lie below the types: every text is checked again at run time, and pino's own redaction covers the usual names.
 */
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { Channel, Language, RequestOutcome, RequestState, Right, StepOutcome } from '../../domain/words.js';

declare const SAFE: unique symbol;
/** Text that was checked to be an opaque id, a code or a name of ours. */
export type Safe = string & { readonly [SAFE]: true };

const SAFE_TEXT = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,119}$/;
/** Digits alone may be a phone or a national identity number, however they are grouped. Ids of ours are ULIDs and hashes. */
const NUMBER_OF_A_PERSON = /^\d{5,}$|^(?!\d{4}-\d{2}-\d{2}$)(\d[-./:_]*){7,}$/;
export const WITHHELD = 'withheld' as Safe;

/** The value when it has the form of an id or code (letters, digits, `_ . : / -`), else the word `withheld`. */
export function safe(value: string): Safe {
  return SAFE_TEXT.test(value) && !NUMBER_OF_A_PERSON.test(value) ? (value as Safe) : WITHHELD;
}

export interface LogFields {
  readonly requestId?: Safe;
  readonly operator?: Safe;
  readonly organisation?: Safe;
  readonly principal?: Safe;
  readonly approvalId?: Safe;
  readonly tokenId?: Safe;
  readonly eventId?: Safe;
  readonly deliveryId?: Safe;
  readonly backupId?: Safe;
  readonly letterId?: Safe;
  readonly policyHash?: Safe;
  readonly epoch?: Safe;
  readonly system?: Safe;
  readonly dataset?: Safe;
  readonly connector?: Safe;
  readonly part?: Safe;
  readonly workflow?: Safe;
  readonly workflowId?: Safe;
  readonly runId?: Safe;
  readonly activity?: Safe;
  readonly taskQueue?: Safe;
  readonly component?: Safe;
  /** Route template (`/v1/requests/{id}`), never the address that was called. */
  readonly route?: Safe;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly server?: Safe;
  readonly file?: Safe;
  readonly version?: Safe;
  /** Class and stable code of an error: see `fault`. */
  readonly error?: Safe;
  readonly code?: Safe;
  readonly right?: Right;
  readonly state?: RequestState;
  readonly outcome?: RequestOutcome | StepOutcome;
  readonly channel?: Channel;
  readonly language?: Language;
  readonly status?: number;
  readonly ms?: number;
  readonly count?: number;
  readonly attempt?: number;
  readonly bytes?: number;
  readonly revision?: number;
  readonly seq?: number;
  readonly size?: number;
  readonly port?: number;
  readonly pid?: number;
  readonly retryable?: boolean;
  readonly ok?: boolean;
}

const FIELD_NAMES: ReadonlySet<string> = new Set<keyof LogFields>([
  'requestId',
  'operator',
  'organisation',
  'principal',
  'approvalId',
  'tokenId',
  'eventId',
  'deliveryId',
  'backupId',
  'letterId',
  'policyHash',
  'epoch',
  'system',
  'dataset',
  'connector',
  'part',
  'workflow',
  'workflowId',
  'runId',
  'activity',
  'taskQueue',
  'component',
  'route',
  'method',
  'server',
  'file',
  'version',
  'error',
  'code',
  'right',
  'state',
  'outcome',
  'channel',
  'language',
  'status',
  'ms',
  'count',
  'attempt',
  'bytes',
  'revision',
  'seq',
  'size',
  'port',
  'pid',
  'retryable',
  'ok',
]);

export interface Log {
  debug(code: string, fields?: LogFields): void;
  info(code: string, fields?: LogFields): void;
  warn(code: string, fields?: LogFields): void;
  error(code: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** Lines of JSON (`time`, `level`, `event`, fields) to `destination`, by default standard output. */
export function createLog(
  options: { readonly level?: LogLevelName; readonly destination?: DestinationStream } = {},
): Log {
  const settings = {
    level: options.level ?? 'info',
    base: null,
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: [
        'email',
        'name',
        'phone',
        'address',
        'to',
        'subject',
        'text',
        'message',
        'stack',
        'err',
        'authorization',
        'cookie',
        'body',
      ],
      censor: WITHHELD,
    },
  };
  return new PinoLog(options.destination === undefined ? pino(settings) : pino(settings, options.destination));
}

/** Class and code of an error for a log line; its message stays behind. */
export function fault(error: unknown): Pick<LogFields, 'error' | 'code' | 'retryable'> {
  if (!(error instanceof Error)) return { error: safe(typeof error) };
  const code: unknown = Reflect.get(error, 'code');
  const retryable: unknown = Reflect.get(error, 'retryable');
  return {
    error: safe(error.name),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: codeOf(code) } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
  };
}

function codeOf(code: string | number): Safe {
  return typeof code === 'number' ? (String(code) as Safe) : safe(code);
}

const EVENT = /^[a-z][a-z0-9_]{0,59}(\.[a-z0-9_]{1,60}){0,3}$/;

class PinoLog implements Log {
  constructor(private readonly pino: Pino) {}

  debug(code: string, fields: LogFields = {}): void {
    this.pino.debug(checked(fields), event(code));
  }
  info(code: string, fields: LogFields = {}): void {
    this.pino.info(checked(fields), event(code));
  }
  warn(code: string, fields: LogFields = {}): void {
    this.pino.warn(checked(fields), event(code));
  }
  error(code: string, fields: LogFields = {}): void {
    this.pino.error(checked(fields), event(code));
  }
  with(fields: LogFields): Log {
    return new PinoLog(this.pino.child(checked(fields)));
  }
}

function event(code: string): string {
  return EVENT.test(code) ? code : 'bad_log_code';
}

/** Types end where somebody casts: unknown names are dropped, texts are checked, everything else is withheld. */
function checked(fields: LogFields): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (!FIELD_NAMES.has(name) || value === undefined) continue;
    if (typeof value === 'boolean') result[name] = value;
    else if (typeof value === 'number') result[name] = Math.abs(value) < 1e15 ? value : WITHHELD;
    else if (typeof value === 'string') result[name] = name === 'code' && /^\d{1,5}$/.test(value) ? value : safe(value);
    else result[name] = WITHHELD;
  }
  return result;
}
