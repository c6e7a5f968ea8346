/** Kinds of tokens in a form that is not that of an access token, altered on the way, or sent where none is looked for. */
import { deflateRawSync } from "node:zlib";
import { CompactEncrypt } from "jose";
import {
  type Attempt,
  bearer,
  claimsOf,
  encoded,
  type Forger,
  type Forgery,
  genuine,
  headerOf,
  rs256,
  signedBy,
} from "./token-forger.ts";

const OVERSIZED_CHARACTERS = 9_000;

const flip = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;

const partsOf = (token: string): readonly [string, string, string] => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
};

/** Of variants, the one that the number picks. */
const pick = <T>(list: readonly T[], index: number): T => {
  const picked = list[index % list.length];
  if (picked === undefined) throw new RangeError("no variants");
  return picked;
};

export function wrongForms(from: Forger): readonly Forgery[] {
  const { keys } = from.issuer;
  const { keys: own } = from.forger;
  const kinds: readonly Forgery[] = [
    {
      kind: "a critical header that nobody knows",
      attempt: (index) =>
        bearer(
          genuine(
            from,
            index,
            {},
            pick([{ crit: ["x"], x: 1 }, { crit: [] }, { crit: ["exp"] }, { crit: "b64" }], index),
          ),
        ),
    },
    {
      kind: "a token of another type",
      attempt: (index) =>
        bearer(
          genuine(
            from,
            index,
            {},
            {
              typ: pick(
                ["logout+jwt", "id_token", "dpop+jwt", "JWE", "secevent+jwt", "jwt+at", "", 7, ["JWT"]],
                index,
              ),
            },
          ),
        ),
    },
    {
      kind: "content that is not encoded",
      attempt: (index) => bearer(genuine(from, index, {}, { crit: ["b64"], b64: false })),
    },
    {
      kind: "an encrypted token",
      attempt: async (index) => {
        const inner = index % 2 === 0 ? genuine(from, index) : JSON.stringify(claimsOf(from, index));
        const { publicKey } = pick([keys, own], index);
        const token = await new CompactEncrypt(Buffer.from(inner))
          .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM", cty: "JWT", kid: keys.kid })
          .encrypt(publicKey);
        return bearer(token);
      },
    },
    {
      kind: "deflated claims",
      attempt: (index) => {
        const header = encoded(headerOf(own, { zip: "DEF", kid: pick([keys.kid, own.kid], index) }));
        const claims = deflateRawSync(JSON.stringify(claimsOf(from, index))).toString("base64url");
        const signature = rs256(pick([keys, own], index + (index >> 1)))(`${header}.${claims}`);
        return bearer(`${header}.${claims}.${signature.toString("base64url")}`);
      },
    },
    {
      kind: "claims that are named twice",
      attempt: (index) => {
        const right = JSON.stringify(claimsOf(from, index)).slice(1, -1);
        const isForeign = index % 2 === 0;
        const wrong = pick(['"aud":"api://other"', '"iss":"https://evil.example"', '"exp":1'], index);
        const claims = isForeign ? `{${wrong},${right}}` : `{${right},${wrong}}`;
        return bearer(signedBy(headerOf(keys), claims, rs256(isForeign ? own : keys)));
      },
    },
    {
      kind: "a header that is named twice",
      attempt: (index) => {
        const header = `{"alg":"${pick(["none", "RS256"], index)}","alg":"RS256","kid":"${keys.kid}"}`;
        return bearer(signedBy(header, claimsOf(from, index), rs256(own)));
      },
    },
    {
      kind: "claims that are no object",
      attempt: (index) => {
        const claims = pick(["[]", "null", '"text"', "7", "{", "", "{}", '{"__proto__":{"sub":"a"}}'], index);
        return bearer(signedBy(headerOf(keys), claims, rs256(keys)));
      },
    },
    {
      kind: "an oversized token",
      attempt: (index) => {
        const claims = { ...claimsOf(from, index), padding: "x".repeat(OVERSIZED_CHARACTERS) };
        return bearer(signedBy(headerOf(keys), claims, rs256(own)));
      },
    },
  ];
  return kinds;
}

/** What becomes of a token that holds when somebody changes it. */
export function alterations(from: Forger): readonly Forgery[] {
  const altered = (kind: string, alter: (token: string, index: number) => string): Forgery => ({
    kind,
    attempt: (index) => bearer(alter(genuine(from, index), index)),
  });
  return [
    altered("a signature taken away", (token, index) => {
      const [header, payload] = partsOf(token);
      return pick(
        [`${header}.${payload}`, `${header}.${payload}.`, `${header}.${payload}..`, payload],
        index,
      );
    }),
    altered("a signature cut or made longer", (token, index) =>
      pick(
        [token.slice(0, -1 - index), `${token}A`, `${token}AAAA`, `${token}.A`, `${token.slice(0, -2)}`],
        index,
      ),
    ),
    altered("a signature with another bit", (token, index) => flip(token, token.length - 2 - index * 7)),
    altered("a signature in another form", (token, index) => {
      const last = token.at(-1) ?? "";
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      // The last of 342 characters holds two bits: these say the same in its four others.
      const same = alphabet[alphabet.indexOf(last) + 1 + (index % 15)] ?? "";
      return pick(
        [`${token.slice(0, -1)}${same}`, `${token}=`, `${token}==`, `${token}%3D`, `${token.slice(0, -1)}+`],
        index,
      );
    }),
    altered("another alphabet", (token, index) => {
      const [header, payload, signature] = partsOf(token);
      const plain = (text: string) => Buffer.from(text, "base64url").toString("base64");
      return pick(
        [
          `${plain(header)}.${plain(payload)}.${plain(signature)}`,
          `${header}.${payload}.${plain(signature)}`,
          `${header}.${payload}.${Buffer.from(signature, "base64url").toString("hex")}`,
          `${header}~${payload}~${signature}`,
          `${header}. ${payload}.${signature}`,
          `${header}.${payload}.${signature},`,
          `"${token}"`,
          token.toLowerCase(),
          token.replaceAll(".", "%2E"),
          `${token}\u00e9`,
        ],
        index,
      );
    }),
    altered("other claims under the old signature", (token, index) => {
      const [header, , signature] = partsOf(token);
      const claims = { ...claimsOf(from, index), oid: "somebody-else", roles: ["Events.Send", "Csam"] };
      return `${header}.${encoded(claims)}.${signature}`;
    }),
    altered("another header over the old signature", (token, index) => {
      const [, payload, signature] = partsOf(token);
      const { keys } = from.issuer;
      const header = pick([{ typ: "at+jwt" }, { alg: "none" }, { alg: "RS512" }, { extra: index }], index);
      return `${encoded(headerOf(keys, header))}.${payload}.${signature}`;
    }),
    altered("the parts in another order", (token, index) => {
      const [header, payload, signature] = partsOf(token);
      return pick(
        [
          `${payload}.${header}.${signature}`,
          `${header}.${signature}.${payload}`,
          `${header}.${header}.${signature}`,
        ],
        index,
      );
    }),
  ];
}

/** A token that holds, or none, where the service does not look, or together with another. */
export function misplaced(from: Forger): readonly Forgery[] {
  const wrong = (index: number) =>
    signedBy(headerOf(from.issuer.keys), claimsOf(from, index), rs256(from.forger.keys));
  const kinds: Readonly<Record<string, (index: number) => Attempt>> = {
    "headers of a platform in front": (index) => {
      const claims = [
        { typ: "roles", val: "Events.Send" },
        { typ: "oid", val: `object-${index}` },
      ];
      return {
        headers: {
          "x-ms-client-principal": Buffer.from(JSON.stringify({ auth_typ: "aad", claims })).toString(
            "base64",
          ),
          "x-ms-client-principal-id": `object-${index}`,
          "x-ms-client-principal-name": "admin@cust-t.example",
          "x-ms-client-principal-idp": "aad",
          "x-ms-token-aad-access-token": genuine(from, index),
        },
      };
    },
    "two Authorization headers": (index) => {
      const [good, bad] = [`Bearer ${genuine(from, index)}`, `Bearer ${wrong(index)}`];
      const authorization = pick(
        [[bad, good], [bad, bad], `${good}, ${bad}`, `${bad}, ${good}`, `${good} ${good}`],
        index,
      );
      return { headers: { authorization } };
    },
    "a token in the query": (index) => {
      const name = pick(
        ["access_token", "token", "authorization", "Authorization", "code", "id_token"],
        index,
      );
      return { headers: {}, query: `${name}=${genuine(from, index)}` };
    },
    "a token in a cookie": (index) => {
      const name = pick(["access_token", "Authorization", "AppServiceAuthSession", "token"], index);
      return { headers: { cookie: `${name}=${genuine(from, index)}` } };
    },
    "a token in another header": (index) => {
      const name = pick(["proxy-authorization", "x-authorization", "x-access-token", "x-zumo-auth"], index);
      return { headers: { [name]: `Bearer ${genuine(from, index)}` } };
    },
    "another scheme": (index) => {
      const scheme = pick(
        ["Basic", "DPoP", "Token", "JWT", "Bearer:", "Bearer,", "Bearer=", "", "Bearer Bearer"],
        index,
      );
      return { headers: { authorization: `${scheme} ${genuine(from, index)}`.trim() } };
    },
    "a token as JSON": (index) => {
      const [protectedHeader, payload, signature] = partsOf(genuine(from, index));
      const text = JSON.stringify({ protected: protectedHeader, payload, signature });
      return bearer(pick([text, encoded(text)], index));
    },
  };
  return Object.entries(kinds).map(([kind, attempt]) => ({ kind, attempt }));
}
