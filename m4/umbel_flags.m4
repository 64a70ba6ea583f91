# UMBEL_CFLAG(FLAG, [VARIABLE]): append FLAG to VARIABLE (UMBEL_CFLAGS) if
# the compiler takes it without a warning.
AC_DEFUN([UMBEL_CFLAG], [
  AS_VAR_PUSHDEF([cv], [umbel_cv_cflag_[]$1])
  AC_CACHE_CHECK([whether $CC takes [$1]], [cv], [
    umbel_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AS_VAR_SET([cv], [yes])], [AS_VAR_SET([cv], [no])])
    CFLAGS=$umbel_save_CFLAGS])
  AS_VAR_IF([cv], [yes], [m4_default([$2], [UMBEL_CFLAGS])="$m4_default([$2], [UMBEL_CFLAGS]) $1"])
  AS_VAR_POPDEF([cv])
])
