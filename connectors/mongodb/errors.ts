/** Turns whatever the driver throws into a ConnectorError: a code, a constant sentence and the driver's number. */
import { BSON, MongoError, MongoServerError } from 'mongodb';
import { ConnectorError, type ConnectorErrorCode } from '../../domain/ports/connector.js';

/**
 * Server error numbers by class. Messages of the server are never kept: E11000 quotes the key, a validation error the
 * document, a parse error the filter.
 */
const BY_NUMBER: ReadonlyMap<number, ConnectorErrorCode> = new Map<number, ConnectorErrorCode>([
  // authentication, authorisation
  [18, 'auth'],
  [8000, 'auth'],
  [11, 'auth'],
  [13, 'scope'],
  // two writers met: the next attempt reads again
  [112, 'conflict'],
  [11000, 'conflict'],
  [11001, 'conflict'],
  // time
  [50, 'timeout'],
  [262, 'timeout'],
  [64, 'timeout'],
  [89, 'timeout'],
  // the primary moved, stopped or is out of reach
  [6, 'unavailable'],
  [7, 'unavailable'],
  [91, 'unavailable'],
  [189, 'unavailable'],
  [9001, 'unavailable'],
  [10107, 'unavailable'],
  [11600, 'unavailable'],
  [11602, 'unavailable'],
  [13435, 'unavailable'],
  [13436, 'unavailable'],
  [100, 'unavailable'],
  [43, 'unavailable'],
  [251, 'unavailable'],
  [16500, 'rate_limited'],
  // the collection's own rules refuse the write
  [121, 'precondition'],
  [20, 'config'],
  [72, 'config'],
  [73, 'config'],
  [166, 'config'],
]);

const DETAIL: Readonly<Record<ConnectorErrorCode, string>> = {
  unavailable: 'the database cannot be reached or has no primary now',
  timeout: 'the database did not answer in time',
  rate_limited: 'the database asks for fewer calls',
  conflict: 'another writer changed the same record',
  pending: 'the database is still working',
  auth: 'the database refused the credentials',
  scope: 'the credentials may not do this on a declared collection',
  config: 'address, settings or declared data do not fit the database',
  wrong_mode: 'the database is not the configured one',
  validation: 'the input is not valid',
  precondition: "a rule of the collection refused the write, or the pack and the part's action differ",
  too_many_targets: 'more records than one person can have',
  bug: 'the database refused a command of the connector',
};

/** ConnectorError with its constant sentence; `what` may add a dataset id or a setting's name, never a value. */
export function failure(code: ConnectorErrorCode, what?: string, status?: number): ConnectorError {
  return new ConnectorError(
    code,
    `mongodb: ${DETAIL[code]}${what === undefined ? '' : ` (${what})`}`,
    status === undefined ? {} : { status },
  );
}

/**
 * Runs one operation; driver errors come out as ConnectorError, everything else (a cancelled heartbeat, a sink's own
 * error, a ConnectorError) passes unchanged.
 */
export async function mapped<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw mapError(error);
  }
}

export function mapError(error: unknown): unknown {
  if (error instanceof BSON.BSONError) return failure('bug');
  if (!(error instanceof MongoError)) return error;
  const number = typeof error.code === 'number' ? error.code : undefined;
  if (number !== undefined) {
    const code = BY_NUMBER.get(number);
    if (code !== undefined) return failure(code, undefined, number);
  }
  if (error.hasErrorLabel('TransientTransactionError') || error.hasErrorLabel('UnknownTransactionCommitResult')) {
    return failure('conflict', undefined, number);
  }
  if (error.hasErrorLabel('RetryableWriteError')) return failure('unavailable', undefined, number);
  // By name: some of these classes are subclasses of each other in ways that differ between driver versions.
  switch (error.name) {
    case 'MongoNetworkTimeoutError':
    case 'MongoOperationTimeoutError':
      return failure('timeout');
    case 'MongoParseError':
    case 'MongoInvalidArgumentError':
    case 'MongoMissingDependencyError':
    case 'MongoMissingCredentialsError':
      return failure('config');
    case 'MongoWriteConcernError':
      return failure('unavailable', undefined, number);
    default:
  }
  if (error instanceof MongoServerError) return failure('bug', undefined, number);
  return /Network|ServerSelection|Topology|Pool|NotConnected|Closed/.test(error.name)
    ? failure('unavailable')
    : failure('bug');
}

/** True for a duplicate key: the only server error that a write handles by itself. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}
