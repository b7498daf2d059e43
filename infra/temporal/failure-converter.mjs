// @ts-check
/**
 * Failure converter of client, worker and workflow bundle, loaded by path: plain JavaScript, because the SDK requires
 * the file itself. Message and stack trace of every failure in a chain move into `encodedAttributes`, which the payload
 * codec encrypts. Two additions to the SDK's own converter:
 * - `type`, which no codec covers, is cut down to a code;
 * - payloads of a failure are marked, so that the codec can report a failure even when the request's key is out of reach
 *   (it then replaces their content by a constant; a worker that cannot encode a failure would stop for good).
 */
import { DefaultFailureConverter } from '@temporalio/common';

/** @typedef {import('@temporalio/common').ProtoFailure} ProtoFailure */
/** @typedef {import('@temporalio/common').Payload} Payload */
/** @typedef {import('@temporalio/common').PayloadConverter} PayloadConverter */

const CODE = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
/** Metadata key; also named in payload-codec.ts. */
const MARK = 'habeas-failure';
const ONE = new Uint8Array([49]);

/** @param {Payload | null | undefined} payload */
function mark(payload) {
  if (payload) payload.metadata = { ...payload.metadata, [MARK]: ONE };
}

class CodedFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  /**
   * @override
   * @param {unknown} error
   * @param {PayloadConverter} payloadConverter
   * @param {import('@temporalio/common').SerializationContext} [context]
   * @returns {ProtoFailure}
   */
  errorToFailure(error, payloadConverter, context) {
    const failure = super.errorToFailure(error, payloadConverter, context);
    mark(failure.encodedAttributes);
    const info = failure.applicationFailureInfo;
    if (info) {
      if (info.type && !CODE.test(info.type)) info.type = 'Error';
      info.details?.payloads?.forEach(mark);
    }
    failure.canceledFailureInfo?.details?.payloads?.forEach(mark);
    failure.timeoutFailureInfo?.lastHeartbeatDetails?.payloads?.forEach(mark);
    return failure;
  }
}

export const failureConverter = new CodedFailureConverter();
