#include "common/event/currency.h"

/* By exponent, in order: list one of SIX, the maintenance agency, as published 2026-01-01; and, as
 * in list three, those withdrawn since 2010: ANG, BGN, BYR, CUC, EEK, HRK, LTL, LVL, MRO, SLL, STD,
 * VEF, ZMK, ZWL. */
static const char none[] = "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF "
                           "XOF XPF ";
static const char two[] = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND "
                          "BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU "
                          "CRC CUC CUP CVE CZK DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP "
                          "GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD "
                          "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA "
                          "MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
                          "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
                          "SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS "
                          "TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XAD "
                          "XCD XCG YER ZAR ZMK ZMW ZWG ZWL ";
static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
static const char four[] = "CLF UYW ";

enum { STRIDE = 4 };

static bool is_listed(const char *codes, size_t count, const char *code)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;
        int order = memcmp(code, codes + middle * STRIDE, 3);

        if (order == 0)
            return true;
        if (order < 0)
            count = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool event_currency_exponent(struct slice code, int *ret_exponent)
{
    /* The most used first. */
    static const struct {
        const char *codes;
        size_t count;
        int exponent;
    } lists[] = {
        {two, sizeof two / STRIDE, 2},
        {none, sizeof none / STRIDE, 0},
        {three, sizeof three / STRIDE, 3},
        {four, sizeof four / STRIDE, 4},
    };

    if (code.size != 3)
        return false;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (is_listed(lists[i].codes, lists[i].count, code.data)) {
            *ret_exponent = lists[i].exponent;
            return true;
        }
    return false;
}
