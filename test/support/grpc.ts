/** A service of gRPC with one method of each kind, and its client: grpc-js on both sides, with messages of plain text. */
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import type { TestContext } from 'node:test';

const encode = (text: string): Buffer => Buffer.from(text);
const decode = (bytes: Buffer): string => bytes.toString();

function method(name: string, requestStream: boolean, responseStream: boolean) {
  const path = `/test.Echo/${name}`;
  const serialize = { requestSerialize: encode, requestDeserialize: decode };
  const others = { responseSerialize: encode, responseDeserialize: decode };
  return { path, requestStream, responseStream, ...serialize, ...others };
}

const SERVICE = {
  unary: method('Unary', false, false),
  upload: method('Upload', true, false),
  download: method('Download', false, true),
  chat: method('Chat', true, true),
} satisfies ServiceDefinition;

export interface EchoHandlers {
  readonly unary: handleUnaryCall<string, string>;
  readonly upload: handleClientStreamingCall<string, string>;
  readonly download: handleServerStreamingCall<string, string>;
  readonly chat: handleBidiStreamingCall<string, string>;
}

/** Unary: the text; upload: all texts; download: its letters; chat: each text in turn. */
const ECHO: EchoHandlers = {
  unary: (call, done) => done(null, call.request),
  upload: (call, done) => {
    let all = '';
    call.on('data', (text: string) => (all += text));
    call.on('end', () => done(null, all));
  },
  download: (call) => {
    for (const letter of call.request) call.write(letter);
    call.end();
  },
  chat: (call) => {
    call.on('data', (text: string) => call.write(text));
    call.on('end', () => call.end());
  },
};

export interface GrpcBackend {
  readonly url: string;
  readonly server: Server;
}

export async function startGrpcBackend(
  t: TestContext,
  handlers: Partial<EchoHandlers> = {},
  port = 0,
): Promise<GrpcBackend> {
  const server = new Server();
  server.addService(SERVICE, { ...ECHO, ...handlers });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return { url: `http://127.0.0.1:${bound}`, server };
}

export interface UnaryAnswer {
  readonly error: ServiceError | null;
  readonly text: string | undefined;
  readonly metadata: Metadata;
  readonly status: StatusObject;
}

export class EchoClient {
  readonly client: Client;

  constructor(t: TestContext, port: number) {
    // Retries of its own would hide what the gateway does.
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
    t.after(() => this.client.close());
  }

  unary(text: string, { deadlineMs = 20_000, metadata = new Metadata() } = {}): Promise<UnaryAnswer> {
    return new Promise((resolve) => {
      let head = new Metadata();
      let answer: { error: ServiceError | null; text: string | undefined } | null = null;
      let status: StatusObject | null = null;
      const settle = (): void => {
        if (answer !== null && status !== null) resolve({ ...answer, metadata: head, status });
      };
      const call = this.client.makeUnaryRequest(
        SERVICE.unary.path,
        encode,
        decode,
        text,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error, value) => {
          answer = { error, text: value };
          settle();
        },
      );
      call.on('metadata', (received) => (head = received));
      call.on('status', (received) => {
        status = received;
        settle();
      });
    });
  }

  upload(done: (error: ServiceError | null, text?: string) => void) {
    return this.client.makeClientStreamRequest(SERVICE.upload.path, encode, decode, done);
  }

  download(text: string) {
    return this.client.makeServerStreamRequest(SERVICE.download.path, encode, decode, text);
  }

  chat(metadata = new Metadata()) {
    return this.client.makeBidiStreamRequest(SERVICE.chat.path, encode, decode, metadata);
  }
}
