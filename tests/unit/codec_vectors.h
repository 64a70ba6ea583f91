/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * codec_vectors - made by gen/codec_vectors.py.
 */
#define VEC_K "1182685fab4756878eb328d825ac7d35dd5df16fc5d5081122ac3895ab011b58"
#define VEC_PSK_MAIN                                                           \
	"aff5e2cb0a40eccc98d3b0059000a016d694f7c1297fe8f467cdc80721b42431"
#define VEC_PSK_BULK                                                           \
	"031342bbe4a2feb086307a1e0cde99fd6aa9c0dcd7cfdf929233d429e58a3631"
#define VEC_PSK_RT                                                             \
	"e074731ae37db0214e021d59ecae0e2172cfea26e9c0f8c06cee541d85758242"
#define VEC_R_INVITER                                                          \
	"69f004d4ca9e913bc704907ddd812d5e42a3ed3fca51c64f5b5c54f9c54e6345"
#define VEC_R_INVITEE                                                          \
	"0e1b8f9c2f4e5bf81d6426d50568223c2488310c08aba6766d6107a2bc59223e"
#define VEC_K0                                                                 \
	"5e0800210d5579a85206a2eac7741498ca91cb55cb7650c205534cab45cc06fc"
#define VEC_K_NEXT                                                             \
	"6d19fd0d4020eb630bc83a206155a8fe901eb6d57b4a1dc4281da8837abe847c"
#define VEC_STATIC_LOW                                                         \
	"704d88ac8cf94bebd248936b7323915a70896c4eedca6f2e90b9f055b3648ea1"
#define VEC_STATIC_HIGH                                                        \
	"ab33a9d7dd603b65a659512854a604e384d671c9dcaeba7010ed1609b9098d9e"
#define VEC_SAFETY                                                             \
	"00545 14879 52626 83817 05389 32913 25624 13691 09001 88848 8320"     \
	"4 74583"
#define VEC_ONION_SEED                                                         \
	"9c03c1a8eb21988f7aad862d7b181287591dad884dcdf2490db6a063797e7be9"
#define VEC_ONION_PK                                                           \
	"4064d3e06896ddcd71d7be51482d253cb292e239b01a98619da8fdc909d34eda"
#define VEC_ONION_EXPANDED                                                     \
	"e82eb4027c49256e2a282b490b3be5d39986cc880ffe3c828d62aaacd225bd51"     \
	"b3ce61802e4232f44fb68aaa9a9898c31104c365403725f43c946f0230e6f1cd"
#define VEC_ONION_NAME                                                         \
	"ibsnhydis3o424oxxziuqljfhszjfyrzwanjqym5vd64scotj3nmmuad"
#define VEC_ONION_X25519                                                       \
	"65a759f17e9bd4fc8fe92e8a23109a1c198aaf59dabdcd0a5bb14ea13077d45d"
#define VEC_S_INITIATOR                                                        \
	"a3cd57f064f199564b4d53a42afd04c0aa2f7aa09549a488d4ea52159bbefefe"
#define VEC_S_RESPONDER                                                        \
	"47a0229ec61fd939feff89e408ad8f9bee3c6e8b925144fdb7af3d92fcc75f1a"
#define VEC_E_INITIATOR                                                        \
	"0b40d4194336c14a61fc0165bfee39cd9d8e409d57b24877240aef62df080423"
#define VEC_E_RESPONDER                                                        \
	"c7e5ce8e8fde1813f13bb5f39892515664766e3defc9e9ef8eaf02309a59b049"
#define VEC_PSK                                                                \
	"d76401f892072bb4249280d3202e0ba0e4fec405d329031eb40627853fc573f2"
#define VEC_LINK_H                                                             \
	"0d790a82fb7705c96e0962b32ca4bbd019c29b892e129228f0bd4f815b0d2e21"     \
	"fafdaf4d57220f607d88fdfadf500361a1490e2e74152e235125358e24eed9e8"
#define VEC_LINK_RECORDS                                                       \
	"f1e2a6ff4520e57af73dc80d8b2a3b81a879758ec1b20b0f8865fac62e4d6a8d"
#define VEC_INVITE_H                                                           \
	"4c40762a6767ef2beba89260a2f654c2e7bc9b5a6d881bfccfce9b14dce6cb82"     \
	"0bf093a12bf67df071374ca0f3d303703d1d35738af66f3124c8de845f69c54e"
#define VEC_DOOR_PSK                                                           \
	"a3bb5ef083a6a6c799220635e602df54debc9a61c156d3dc7202696ab4c2c19e"
#define VEC_DOOR_H                                                             \
	"8add4633e79310afd791952562d437e77307291bc69e1cf156b3b592cd9e7b01"     \
	"b85a63c9aca44f4db7eee886b2547018c921b992b0836e27d3b61aeecd2d56e4"
#define VEC_DOOR_COUNTER "00000000000235d9"
#define VEC_INVITE_SECRET                                                      \
	"735fafb57f338607fff7a74609f9671a7340ca4c5a4f39d8f6f817d7a328686e"
#define VEC_INVITE                                                             \
	"010101b055154064d3e06896ddcd71d7be51482d253cb292e239b01a98619da8"     \
	"fdc909d34eda735fafb57f338607fff7a74609f9671a7340ca4c5a4f39d8f6f8"     \
	"17d7a328686e77854f18"
#define VEC_INVITE_TEXT                                                        \
	"umbel:invite/aeaqdmcvcvagju7ancln3tlr267fcsbneu6lfexchgybvgdbtwu"     \
	"p3sij2nhnu427v62x6m4ga777pj2gbh4wogttidfeywsphhmpn6ax26rsq2doo6c"     \
	"u6ga"
#define VEC_INVITE_AUTH                                                        \
	"e10542671bcd874543bdb43f04f10ce36aa45d5fe655adf1175db303d5254590"
#define VEC_INVITE_AUTH_PUB                                                    \
	"62138c61287979984e382e03779f6de1a3085902ea3eeea7a94be54551200e5b"
#define VEC_INVITE_PSK                                                         \
	"ecf434225ea4e69c2fdd465fc18fc5211adfbeb676fe5e7e455bcc16ef1731fa"
#define VEC_INVITE_NONCE                                                       \
	"100950dbe9a51a509c0823e1ed60aa75da96d2b447c6d16bd293af8375479857"
#define VEC_INVITE_CLAIM_PSK                                                   \
	"191dd54233accb1e01ad2dfe67f9eedae25f5ea71a534fb1d9074b939e187366"
#define VEC_SHA3_ALL                                                           \
	"e2ff6c5188d2c620b8312b2eaa5c9a1e02fcd0a73d2176d012328ccc0ce44713"
#define VEC_MESSAGE_MID	   "8fc107c943d4557f2e0d8c1ad30ca72e"
#define VEC_MESSAGE_BEFORE "6b48218ea4b5280c6248a37945e426a2"
#define VEC_MESSAGE_CHAIN  "431055bfb662a73c729026f2517438d8"
#define VEC_MESSAGE                                                            \
	"0102000102108fc107c943d4557f2e0d8c1ad30ca72e0310431055bfb662a73c"     \
	"729026f2517438d804040000002a050b6772c3bcc39f2064696368"
