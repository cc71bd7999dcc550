/* A variable that is released when it goes out of scope.
 *
 *     OWNED(postgres) db = NULL;     calls postgres_free(db) on every way out; NULL is fine
 *     *ret_db = TAKE(db);            hands it over: db is NULL afterwards
 *
 * A header that has `void x_free(struct x *)` declares it once: OWNED_DEFINE(x). */
#ifndef TRIBUTARY_BASE_OWNED_H
#define TRIBUTARY_BASE_OWNED_H

#define OWNED(type) __attribute__((cleanup(type##_owned_cleanup))) struct type *

#define OWNED_DEFINE(type)                                                                         \
    static inline void type##_owned_cleanup(struct type **owned)                                   \
    {                                                                                              \
        type##_free(*owned);                                                                       \
    }                                                                                              \
    _Static_assert(1, "")

#define TAKE(variable)                                                                             \
    ({                                                                                             \
        __typeof__(variable) taken_ = (variable);                                                  \
        (variable) = NULL;                                                                         \
        taken_;                                                                                    \
    })

#endif
