import { expect, test } from "vitest";
import { hasSecret, maskSecrets, SECRET_MASK } from "../../../src/privacy/secrets.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const UUID = "550e8400-e29b-41d4-a716-446655440000";
const PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nAb+/Cd==\n-----END RSA PRIVATE KEY-----";

test.each([
  ["an OpenAI key", "sk-abcdefghijklmnopqrstuvwx"],
  ["a short key with a digit", "sk-abc123def"],
  ["a project key", "sk-proj-Ab12_Cd34-Ef56Gh78"],
  ["an Anthropic key", "sk-ant-api03-AbCdEf-123_xyz"],
  ["a Stripe key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"],
  ["a GitHub token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"],
  ["a GitHub app token", "ghs_16C7e42F292c6912E7710c838347Ae178B4a"],
  ["a fine-grained GitHub token", "github_pat_11ABCDEFG0abcdefghijkl_mnop"],
  ["a GitLab token", "glpat-abcdefgh12345678"],
  ["a Slack token", "xoxb-123456789012-abcdefABCDEF"],
  ["an AWS access key", "AKIAIOSFODNN7EXAMPLE"],
  ["an AWS secret", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
  ["a Google key", "AIzaSyA1234567890abcdefghijklmnopqrstuv"],
  ["a Hugging Face token", "hf_AbCdEfGhIjKlMnOpQrStUvWx"],
  ["a JWT", JWT],
  ["a JWT without its signature", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0"],
  ["a PEM block", PEM],
  ["a PEM block on one line", PEM.replaceAll("\n", " ")],
  ["a PEM block with escaped line breaks", PEM.replaceAll("\n", "\\n")],
  ["a PEM block that was cut off", PEM.slice(0, 60)],
  ["24 letters and digits", "a1b2c3d4e5f6a7b8c9d0e1f2"],
  ["24 characters with a single digit", "abcdefghijklmnopqrstuvw1"],
  ["32 hexadecimal digits", "d41d8cd98f00b204e9800998ecf8427e"],
  ["a commit", "19c7bb3f00b204e9800998ecf8427ed41d8cd98f"],
  ["a UUID without its hyphens", UUID.replaceAll("-", "")],
  ["base64", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="],
  ["groups that mix letters and digits", "abc123-def456-ghi789-jkl012"],
  ["24 mixed characters, literally", "internationalization2024"],
])("masks %s", (_what, secret) => {
  expect(maskSecrets(secret)).toBe(SECRET_MASK);
  const masked = maskSecrets(`before ${secret}`);
  expect(masked).toBe(`before ${SECRET_MASK}`);
  expect(hasSecret(secret)).toBe(true);
});

test.each([
  "Weekly Meal Planning",
  "pneumonoultramicroscopicsilicovolcanoconiosis",
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
  "internationalization i18n l10n",
  "abcdefghijklmnopqrstuv1",
  UUID,
  UUID.toUpperCase(),
  `session-${UUID}`,
  `https://example.com/sessions/${UUID}/runs`,
  "123456789012345678901234567890",
  "2026-09-21T10:20:30.123456789Z",
  "https://example.com/blog/2024/how-to-upgrade-from-node-18-to-node-20",
  "https://docs.example.com/en/latest/getting-started/installation.html",
  "/usr/local/lib/python3.12/site-packages/numpy",
  "src/components/UserProfileSettings/index.tsx",
  "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
  "SOME_VERY_LONG_CONSTANT_NAME_WITH_2_NUMBERS",
  "top-10-k8s-tips-for-aws-ec2-and-s3-in-2024",
  "sk-learn",
  "sk-SK",
  "risk-assessment-2024",
  "task-management1234567",
  "ghp_",
  "AKIA",
  "eyJ",
  "-----BEGIN",
  "关于如何在预算有限的情况下为四口之家规划每周健康膳食的全面指南2024",
  "京都旅行の計画",
  "------------------------------",
  "==============================",
  SECRET_MASK,
])("leaves %s alone", (text) => {
  expect(maskSecrets(text)).toBe(text);
  expect(hasSecret(text)).toBe(false);
});

test("masks each secret of a text and keeps what stands around it", () => {
  const text = `key=sk-abc123def456, token "${JWT}"; id ${UUID}\n${PEM}\nthanks`;
  expect(maskSecrets(text)).toBe(`key=[secret], token "[secret]"; id ${UUID}\n[secret]\nthanks`);
});

test("masks all that follows a PEM block without an end", () => {
  expect(maskSecrets(`${PEM} and ${PEM.slice(0, 50)} rest`)).toBe("[secret] and [secret]");
});

test("masking twice changes nothing", () => {
  const masked = maskSecrets(`${PEM} ${JWT} sk-abc123def456 ghp_abcdefghijk`);
  expect(maskSecrets(masked)).toBe(masked);
});

test("takes another mask as it is", () => {
  expect(maskSecrets("sk-abc123def456", "$&")).toBe("$&");
});
