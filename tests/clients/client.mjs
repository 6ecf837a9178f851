// aws-sdk-js v3 against a served sandbox whose environment is set; an Ethereum signer by ethers and
// a JWT by jose, whose own code checks what the sandbox signed.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";

import {
    CreateAliasCommand, CreateKeyCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand, GenerateDataKeyCommand,
    GenerateDataKeyWithoutPlaintextCommand, GenerateMacCommand, GetPublicKeyCommand, KMSClient, paginateListKeys,
    ScheduleKeyDeletionCommand, SignCommand, VerifyCommand, VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { AbstractSigner, computeAddress, hashMessage, keccak256, recoverAddress, Signature, Transaction, verifyMessage } from "ethers";
import { jwtVerify } from "jose";

const kms = new KMSClient({});

async function check(what, work) {
    await work();
    console.log(`ok   ${what}`);
}

async function newKey(KeySpec, KeyUsage) {
    return (await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }))).KeyMetadata.KeyId;
}

/// r and s of a DER signature (ECDSA-Sig-Value, RFC 3279).
function readSignature(der) {
    const integer = (at) => [der.subarray(at + 2, at + 2 + der[at + 1]), at + 2 + der[at + 1]];
    const [r, next] = integer(2 + (der[1] & 0x80 ? der[1] & 0x7f : 0));
    const [s] = integer(next);
    return [r, s].map((bytes) => BigInt("0x" + Buffer.from(bytes).toString("hex")));
}

const hex = (number) => "0x" + number.toString(16).padStart(64, "0");

class KmsSigner extends AbstractSigner {
    constructor(keyId, provider) {
        super(provider);
        this.keyId = keyId;
    }

    async getAddress() {
        const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: this.keyId }));
        return computeAddress("0x" + Buffer.from(PublicKey.slice(-65)).toString("hex"));
    }

    connect(provider) {
        return new KmsSigner(this.keyId, provider);
    }

    async signDigest(digest) {
        const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
        const { Signature: der } = await kms.send(new SignCommand({
            KeyId: this.keyId, Message: Buffer.from(digest.slice(2), "hex"), MessageType: "DIGEST",
            SigningAlgorithm: "ECDSA_SHA_256",
        }));
        const [r, s] = readSignature(der);
        const low = s > order / 2n ? order - s : s;
        const address = await this.getAddress();
        const all = [27, 28].map((v) => Signature.from({ r: hex(r), s: hex(low), v }));
        return all.find((signature) => recoverAddress(digest, signature) === address);
    }

    async signMessage(message) {
        return (await this.signDigest(hashMessage(message))).serialized;
    }

    async signTransaction(transaction) {
        const unsigned = Transaction.from(transaction);
        unsigned.signature = await this.signDigest(unsigned.unsignedHash);
        return unsigned.serialized;
    }
}

await check("encrypt and decrypt, in the right context alone", async () => {
    const KeyId = await newKey();
    const EncryptionContext = { tenant: "acme" };
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("hello"), EncryptionContext }));
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    assert.equal(Buffer.from(Plaintext).toString(), "hello");
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob })), { name: "InvalidCiphertextException" });
});

await check("data keys, by an alias", async () => {
    const TargetKeyId = await newKey();
    await kms.send(new CreateAliasCommand({ AliasName: "alias/javascript", TargetKeyId }));
    const made = await kms.send(new GenerateDataKeyCommand({ KeyId: "alias/javascript", KeySpec: "AES_256" }));
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
    assert.deepEqual(opened.Plaintext, made.Plaintext);
    const unseen = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: "alias/javascript", NumberOfBytes: 64 }));
    assert.equal((await kms.send(new DecryptCommand({ CiphertextBlob: unseen.CiphertextBlob }))).Plaintext.length, 64);
    await assert.rejects(
        kms.send(new GenerateDataKeyCommand({ KeyId: "alias/javascript", KeySpec: "AES_256", DryRun: true })),
        { name: "DryRunOperationException" });
});

await check("MACs", async () => {
    const KeyId = await newKey("HMAC_512", "GENERATE_VERIFY_MAC");
    const what = { KeyId, Message: Buffer.from("hello"), MacAlgorithm: "HMAC_SHA_512" };
    const { Mac } = await kms.send(new GenerateMacCommand(what));
    assert.ok((await kms.send(new VerifyMacCommand({ ...what, Mac }))).MacValid);
});

await check("signatures of RSA", async () => {
    const KeyId = await newKey("RSA_2048", "SIGN_VERIFY");
    const what = { KeyId, Message: Buffer.from("hello"), SigningAlgorithm: "RSASSA_PSS_SHA_256" };
    const { Signature } = await kms.send(new SignCommand(what));
    assert.ok((await kms.send(new VerifyCommand({ ...what, Signature }))).SignatureValid);
});

await check("pages of keys, and a deletion", async () => {
    const KeyId = await newKey();
    const { DeletionDate } = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    assert.ok(DeletionDate > new Date());
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    assert.equal(KeyMetadata.KeyState, "PendingDeletion");
    const seen = [];
    for await (const page of paginateListKeys({ client: kms, pageSize: 2 }, {})) {
        seen.push(...page.Keys.map((key) => key.KeyId));
    }
    assert.ok(seen.includes(KeyId) && new Set(seen).size === seen.length);
});

await check("an Ethereum signer", async () => {
    const signer = new KmsSigner(await newKey("ECC_SECG_P256K1", "SIGN_VERIFY"));
    const address = await signer.getAddress();
    for (let n = 0; n < 20; n++) {
        assert.equal(verifyMessage(`message ${n}`, await signer.signMessage(`message ${n}`)), address);
    }
    const signed = await signer.signTransaction({
        type: 2, chainId: 1, nonce: 0, to: address, value: 1n, gasLimit: 21000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n,
    });
    assert.equal(Transaction.from(signed).from, address);
    assert.equal(keccak256(signed).length, 66);
});

await check("a JWT (ES256)", async () => {
    const KeyId = await newKey("ECC_NIST_P256", "SIGN_VERIFY");
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "ES256", kid: KeyId })}.${part({ sub: "shop", exp: Math.floor(Date.now() / 1000) + 60 })}`;
    const { Signature: der } = await kms.send(new SignCommand({
        KeyId, Message: Buffer.from(text), MessageType: "RAW", SigningAlgorithm: "ECDSA_SHA_256",
    }));
    const raw = Buffer.concat(readSignature(der).map((number) => Buffer.from(hex(number).slice(2), "hex")));
    const { payload } = await jwtVerify(`${text}.${raw.toString("base64url")}`, key);
    assert.equal(payload.sub, "shop");
});
