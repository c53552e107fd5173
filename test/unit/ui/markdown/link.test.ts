import { describe, expect, it } from "vitest";
import { linkTo } from "../../../../ui/markdown/link.ts";

describe("where a link may lead", () => {
  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "  javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
    "blob:https://example.com/x",
    "file:///etc/passwd",
    "view-source:https://example.com",
    "intent://x",
    "//evil.example",
    "/ui/#/approvals",
    "#/s/x",
    "docs/readme.md",
    "",
    "https://",
    "http://[",
    'https://example.com"onclick="alert(1)',
  ])("is nowhere with %j", (target) => {
    expect(linkTo(target, "words")).toBeNull();
  });

  it("is a web page or mail, written as the browser reads it", () => {
    expect(linkTo("HTTPS://Example.com/a b", "words")).toEqual({
      href: "https://example.com/a%20b",
      host: "example.com",
    });
    expect(linkTo("http://example.com:8080/", "words")?.host).toBe("example.com:8080");
    expect(linkTo("mailto:ada@example.com?subject=x", "write")).toEqual({
      href: "mailto:ada@example.com?subject=x",
      host: "ada@example.com",
    });
  });

  it("says its host, unless its words are an address at that host", () => {
    const hostShown = (target: string, label: string) => linkTo(target, label)?.host ?? null;
    expect(hostShown("https://example.com/x", "https://example.com/…")).toBeNull();
    expect(hostShown("https://example.com/x", "example.com")).toBeNull();
    expect(hostShown("https://example.com/x", "www.example.com")).toBe("example.com");
    expect(hostShown("https://evil.example/", "https://bank.example/?evil.example")).toBe("evil.example");
    expect(hostShown("https://evil.example/", "see evil.example")).toBe("evil.example");
    expect(hostShown("https://bank.example@evil.example/", "https://bank.example")).toBe("evil.example");
    expect(hostShown("mailto:eve@example.com", "ada@example.com")).toBe("eve@example.com");
    expect(hostShown("mailto:ada@example.com", "ada@example.com")).toBeNull();
  });

  it("says its host where its words look like another one", () => {
    expect(linkTo("https://аррӏе.com/", "https://аррӏе.com/")?.host).toBe("xn--80ak6aa92e.com");
    expect(linkTo("https://bank.example@evil.example/", "https://bank.example@evil.example/")?.host).toBe(
      "evil.example",
    );
    expect(linkTo("https://evil.example/", "ｅvil.example")?.host).toBe("evil.example");
    expect(linkTo("https://evil.example/", "evil\u200b.example")?.host).toBe("evil.example");
  });

  it("says a host with foreign letters as they are sent", () => {
    expect(linkTo("https://аpple.com/", "https://apple.com/")?.host).toBe("xn--pple-43d.com");
  });
});
