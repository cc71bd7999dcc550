-- wrk: POST of BODY_BYTES bytes, with the header fields that a client library sends.
wrk.method = "POST"
wrk.body = string.rep("x", tonumber(os.getenv("BODY_BYTES")))
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer trb_0123456789abcdef0123456789abcdef"
