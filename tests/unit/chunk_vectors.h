/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chunk_vectors - made by gen/chunk_vectors.py.
 */
#define VEC_FID "063d42b8a1f768f463b854c805d5a26d"
#define VEC_FILE_KEY                                                           \
	"c0ea92624cb379b992b5e65e939eccc7e5bfa64b490f39184da23ce95545cdcd"
#define VEC_CHUNK_LAST "1af65a7549ed6bfa11439e9a932d00d8d6a3f8b05d"
#define VEC_CHUNK_0_END                                                        \
	"36b220f616348fbfffd4d9e3d24764a6bd440f6c9d28aaa5959531936842edf9"
#define VEC_LEAF_0                                                             \
	"7c50d5231a42dd23da123ae7e6070d152a0b88bf622cec1e0d284bcce59f2640"
#define VEC_LEAF_1                                                             \
	"172508ef3ed9ebc4484148d8f21dee466696cbfd1197d4e9ac1c05f4a9d1e3cc"
#define VEC_LEAF_2                                                             \
	"798a85d7f44f934761174e1e91e6ae1a76843fae223f199ae1e3c8e1e9483114"
#define VEC_ROOT                                                               \
	"f36b1cd186b53d81e74e961fa4f1ede1673822d1ba06ee8d6cb6b85ec5a7e1ef"
#define VEC_ROOT_EMPTY                                                         \
	"be1be63c9e6f6cba618277ca0bdaf384fdd97283d64adc860624e7a52033869f"
