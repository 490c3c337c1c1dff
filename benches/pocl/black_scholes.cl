// The normal distribution function, after Abramowitz and Stegun, 26.2.17.
float cdf(float x) {
    float k = 1.0f / (1.0f + 0.2316419f * fabs(x));
    float series = k * (0.319381530f + k * (-0.356563782f + k * (1.781477937f + k * (-1.821255978f + k * 1.330274429f))));
    float tail = 0.39894228f * exp(-0.5f * x * x) * series;
    return x > 0.0f ? 1.0f - tail : tail;
}

kernel void black_scholes(global const float *spot, global const float *strike, global const float *years,
                          global float *call, global float *put, float rate, float volatility) {
    uint i = get_global_id(0);
    float s = spot[i], k = strike[i], t = years[i];
    float deviation = volatility * sqrt(t);
    float d1 = (log(s / k) + (rate + 0.5f * volatility * volatility) * t) / deviation;
    float d2 = d1 - deviation;
    float discounted = k * exp(-rate * t);
    float price = s * cdf(d1) - discounted * cdf(d2);
    call[i] = price;
    put[i] = price - s + discounted;
}
